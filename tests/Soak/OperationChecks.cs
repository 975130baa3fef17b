namespace IaaS.Soak;

/// <summary>What clients were told of operations is what the server says of them now.</summary>
internal static class OperationChecks
{
    public static IEnumerable<string> Of(Ledger ledger, CloudAtRest cloud)
    {
        foreach (var ask in ledger.Asks)
        {
            if (ask.Answer is null) yield return $"{ask.Method} {ask.Path} ({ask.Workflow} of {ask.Subject} under {ask.Key}) was never answered, sent {ask.Sent} times";
            else if (ask.Operation is { } id)
            {
                foreach (var wrong in Known(ask, id, cloud)) yield return wrong;
            }
            else if (ask.IsAcknowledged && Ended(cloud, ask) != 1) yield return $"{ask.Workflow} of {ask.Subject} was answered {ask.Answer.Status}, and {Ended(cloud, ask)} such operations have succeeded";
        }

        foreach (var wrong in NotAsked(ledger, cloud)) yield return wrong;
        foreach (var (id, operation) in cloud.Operations)
        {
            if (operation.Text("state") is not ("Succeeded" or "Failed")) yield return $"{id} ({operation.Text("name")} of {operation.Text("subject")}) is still open: {operation}";
            if (operation.Text("errorCode") is "internal.error" or "driver.broken") yield return $"{id} met a fault of the control plane: {operation}";
        }

        foreach (var wrong in Resources(ledger, cloud)) yield return wrong;
    }

    private static IEnumerable<string> Known(Ask ask, string id, CloudAtRest cloud)
    {
        var name = $"{id} ({ask.Workflow} of {ask.Subject})";
        if (!cloud.Operations.TryGetValue(id, out var operation))
        {
            yield return $"{name} was answered {ask.Answer!.Status} at position {ask.Answer.Position}, and there is no such operation";
            yield break;
        }

        var state = operation.Text("state")!;
        if (operation.Text("name") != ask.Workflow || operation.Text("subject") != ask.Subject) yield return $"{name} is {operation}";
        if (!ask.IsAcknowledged && state is not "Failed") yield return $"{name} was refused with {ask.Answer!.Code}, and is {state}";
        if (ask.See(state, ask.Seen) is { } changed) yield return changed;
        if (ask.Cancelled is true && state is "Succeeded") yield return $"{name} was given up, as an answer said, and has succeeded";
        if (ask.Cancelled is false && state is "Failed") yield return $"{name} could not be given up any more, as an answer said, and has failed: {operation}";
    }

    /// <summary>One request is one operation, however often it was sent.</summary>
    private static IEnumerable<string> NotAsked(Ledger ledger, CloudAtRest cloud)
    {
        var asked = ledger.Asks.CountBy(a => (a.Workflow, a.Subject)).ToDictionary();
        return cloud.Operations.Values.Where(o => o.Text("subject")!.Contains("-soak-", StringComparison.Ordinal) && !IsOfSite(o.Text("subject")!))
            .GroupBy(o => (o.Text("name")!, o.Text("subject")!))
            .Where(g => g.Count() > asked.GetValueOrDefault(g.Key))
            .Select(g => $"{g.Key} was asked for {asked.GetValueOrDefault(g.Key)} times, and there are {g.Count()} operations: {string.Join(' ', g.Select(o => o.Id))}");
    }

    private static IEnumerable<string> Resources(Ledger ledger, CloudAtRest cloud)
    {
        foreach (var ask in ledger.Asks.Where(a => a.Workflow is "zone.create" or "offering.create" && a.Answer is not null))
        {
            var should = Ended(cloud, ask) == 1 && !cloud.Succeeded[("resource.delete", ask.Subject)].Any();
            if (cloud.Resources.Contains(ask.Subject) != should) yield return $"{ask.Subject} should {(should ? "" : "not ")}be there";
        }
    }

    private static bool IsOfSite(string subject) => subject is Site.TightNetwork or Site.TightProject or Site.WideProject;

    private static int Ended(CloudAtRest cloud, Ask ask) => cloud.Succeeded[(ask.Workflow, ask.Subject)].Count();
}
