using System.CommandLine;
using Spectre.Console;

namespace IaaS.Cli;

/// <summary>Whether the cloud adds up.</summary>
public static class AuditCommands
{
    public static Command Audit(Func<ParseResult, ControlPlane> connect)
    {
        var command = new Command("audit", "Folds the whole log and says what is given away without an owner, what an owner lacks, what does not add up, what does not end. It ends with 1 when it has found something.");
        command.SetAction((parsed, ct) => ControlPlane.RunAsync(connect(parsed), async plane =>
        {
            var body = await plane.GetAsync("/v1/audit", ct);
            var findings = body["findings"]!.AsArray();
            var table = new Table().AddColumns("code", "resource", "detail");
            foreach (var finding in findings) table.AddRow(Markup.Escape(finding!["code"]!.ToString()), Markup.Escape(finding["resource"]!.ToString()), Markup.Escape(finding["detail"]!.ToString()));
            if (findings.Count > 0) Printed.Rows(table);
            var left = new Table().AddColumns("handed over by", "at", "operation", "step", "of", "reason");
            foreach (var step in body["handedOver"]!.AsArray())
                left.AddRow([.. new[] { step!["by"], step["at"], step["operation"], step["step"], step["subject"], step["reason"] }.Select(c => Markup.Escape($"{c}"))]);
            if (left.Rows.Count > 0) Printed.Rows(left);
            Printed.Console.WriteLine($"{body["events"]} events up to position {body["position"]}: {body["hosts"]} hosts, {body["vms"]} VMs, {body["openOperations"]} open operations; {left.Rows.Count} steps handed over; {findings.Count} findings.");
            return findings.Count == 0 ? 0 : 1;
        }));
        return command;
    }
}
