using System.Reflection;
using System.Text.Json;
using IaaS.Commands.Image;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Simulation;

/// <summary>One value of any stored shape, made from its constructor, so that a test covers shapes that it does not name.</summary>
public static class Samples
{
    /// <summary>A value of a type. Ids, names and numbers are valid; what may be absent is there.</summary>
    public static object Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (Nullable.GetUnderlyingType(type) is { } inner) return Of(inner);
        if (type == typeof(string)) return "text";
        if (type == typeof(int)) return 7;
        if (type == typeof(long)) return 8_000_000_000L;
        if (type == typeof(bool)) return true;
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        if (type == typeof(JsonElement)) return JsonSerializer.SerializeToElement(new { vm = "vm-1" });
        if (type.IsEnum) return Enum.GetValues(type).GetValue(0)!;
        if (type.IsAssignableTo(typeof(IResourceId))) return Activator.CreateInstance(type, $"{KindOf(type)}-1")!;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return ListOf(type.GenericTypeArguments[0]);
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length) ?? throw new SimulationException($"No sample of {type}: teach it.");
        return constructor.Invoke([.. constructor.GetParameters().Select(p => Of(p.ParameterType))]);
    }

    /// <summary>What a step of a workflow may have returned, where later steps read it.</summary>
    public static string OutputFor(IWorkflow workflow)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        if (workflow.InputType == typeof(VolumeTarget)) return ((VolumeFacts)Of(typeof(VolumeFacts))).Write();
        if (workflow.InputType == typeof(ImageTarget)) return JsonSerializer.Serialize(Of(typeof(ImageFacts)), DomainJson.Options);
        if (workflow.InputType == typeof(SnapshotOrder) || workflow.InputType == typeof(ImageOrder)) return ((VolumeFacts)Of(typeof(VolumeFacts))).Write();
        // One text for what its steps say: of the snapshot and of its volume.
        if (workflow.InputType == typeof(SnapshotTarget)) return string.Concat("{\"taken\":true,", ((VolumeFacts)Of(typeof(VolumeFacts))).Write().AsSpan(1));
        // And here of the VM and of its new NIC.
        if (workflow.InputType == typeof(VmNicOrder)) return string.Concat(JsonSerializer.Serialize(Of(typeof(NicSpec)), DomainJson.Options).AsSpan()[..^1], ",", ((VmFacts)Of(typeof(VmFacts))).Write().AsSpan(1));
        return workflow.Name.StartsWith("vm.", StringComparison.Ordinal) && workflow.InputType != typeof(VmOrder) ? ((VmFacts)Of(typeof(VmFacts))).Write() : "[]";
    }

    private static string KindOf(Type type) => (string)type.GetProperty(nameof(OperationId.Kind), BindingFlags.Public | BindingFlags.Static)!.GetValue(obj: null)!;

    private static Array ListOf(Type element)
    {
        var list = Array.CreateInstance(element, 1);
        list.SetValue(Of(element), 0);
        return list;
    }
}
