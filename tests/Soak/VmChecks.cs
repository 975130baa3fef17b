using System.Text.Json;

namespace IaaS.Soak;

/// <summary>Each VM is what its last successful operation made of it, and its history says the same of every operation as the operation itself.</summary>
internal static class VmChecks
{
    private const string AsItWas = "";

    private static readonly Dictionary<string, (string Workflow, string State)> Ends = new(StringComparer.Ordinal)
    {
        ["vm.created/1"] = ("vm.create", "Running"),
        ["vm.started/1"] = ("vm.start", "Running"),
        ["vm.stopped/1"] = ("vm.stop", "Stopped"),
        ["vm.rebooted/1"] = ("vm.reboot", "Running"),
        ["vm.paused/1"] = ("vm.pause", "Paused"),
        ["vm.resumed/1"] = ("vm.resume", "Running"),
        ["vm.migrated/1"] = ("vm.migrate", "Running"),
        ["vm.resized/1"] = ("vm.resize", "Stopped"),
        ["vm.recycled/1"] = ("vm.recycle", "Recycled"),
        ["vm.recovered/1"] = ("vm.recover", "Stopped"),
        ["vm.destroyed/1"] = ("vm.destroy", "Gone"),
        ["vm.volume-attached/1"] = ("vm.attach-volume", AsItWas),
        ["vm.volume-detached/1"] = ("vm.detach-volume", AsItWas),
    };

    private static readonly HashSet<string> Begins = new(
    [
        "vm.requested/1", "vm.starting/1", "vm.stopping/1", "vm.rebooting/1", "vm.pausing/1", "vm.resuming/1", "vm.migrating/1", "vm.resizing/1",
        "vm.recycling/1", "vm.recovered/1", "vm.destroying/1", "vm.attaching-volume/1", "vm.detaching-volume/1",
    ], StringComparer.Ordinal);
    private static readonly HashSet<string> Undone = new(["vm.creation-failed/1", "vm.change-undone/1"], StringComparer.Ordinal);

    public static IEnumerable<string> Of(CloudAtRest cloud)
    {
        foreach (var (vm, events) in cloud.Histories)
        {
            foreach (var wrong in One(vm, events, [.. cloud.OfSubject[vm].Where(o => o.Text("name")!.StartsWith("vm.", StringComparison.Ordinal))], cloud)) yield return wrong;
        }

        foreach (var stranger in cloud.Vms.Keys.Except(cloud.Histories.Keys, StringComparer.Ordinal)) yield return $"{stranger} is there, and nobody asked for it";
    }

    private static IEnumerable<string> One(string vm, IReadOnlyList<JsonElement> events, IReadOnlyList<JsonElement> operations, CloudAtRest cloud)
    {
        foreach (var wrong in operations.SelectMany(o => Told(vm, o, events))) yield return wrong;
        var succeeded = operations.Where(o => o.Text("state") is "Succeeded").Select(o => o.Id).ToHashSet(StringComparer.Ordinal);
        // In the order in which they began: a VM is changed by one operation at a time.
        var order = events.Where(e => Begins.Contains(e.Text("type")!)).Select(e => e.Text("operation")!).ToList();
        var last = order.LastOrDefault(o => succeeded.Contains(o) && StateAfter(o) is not AsItWas);
        var should = last is not null ? StateAfter(last) : order.Count > 0 ? "Failed" : "Gone";
        var row = cloud.Vms.TryGetValue(vm, out var found) ? found : (JsonElement?)null;
        var state = row?.Text("state") ?? "Gone";
        if (state is not ("Running" or "Stopped" or "Paused" or "Recycled" or "Failed" or "Gone")) yield return $"{vm} is left {state}: {row}";
        // One that failed to be created and was destroyed is gone by its last successful operation.
        else if (state != should) yield return $"{vm} is {state}, and by its last successful operation {last} it is {should}";
        if (row is { } r && r.Text("operationId") != order.LastOrDefault()) yield return $"{vm} names {r.Text("operationId")} as the last operation that changed it, and that is {order.LastOrDefault()}";
        if (row is { } there && (there.Text("hostId") is not null) != (state is "Running" or "Paused")) yield return $"{vm} is {state} on the host {there.Text("hostId") ?? "none"}";

        string StateAfter(string operation) => Ends.Values.First(e => e.Workflow == operations.First(o => o.Id == operation).Text("name")).State;
    }

    /// <summary>An operation has ended its change once if it succeeded, and else not at all, and undone what it began.</summary>
    private static IEnumerable<string> Told(string vm, JsonElement operation, IReadOnlyList<JsonElement> events)
    {
        if (operation.Text("name") is not { } workflow || !Ends.Values.Any(e => e.Workflow == workflow)) yield break;
        var own = events.Where(e => e.Text("operation") == operation.Id).Select(e => e.Text("type")!).ToList();
        var (begun, ended, undone) = (own.Count(Begins.Contains), own.Count(Ends.ContainsKey), own.Count(Undone.Contains));
        var right = operation.Text("state") is "Succeeded" ? (begun, ended, undone) is (1, 1, 0) : (begun, ended, undone) is (0, 0, 0) or (1, 0, 1);
        if (!right || own.Where(Ends.ContainsKey).Any(t => Ends[t].Workflow != workflow))
            yield return $"{operation.Id} ({workflow} of {vm}) is {operation.Text("state")}, and the VM's history has of it: {string.Join(' ', own)}";
    }
}
