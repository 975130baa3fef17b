using System.CommandLine;
using IaaS.Cli;

var url = new Option<Uri>("--url")
{
    Description = "Where the control plane is; else the variable IAAS_URL.",
    Recursive = true,
    DefaultValueFactory = _ => new(Environment.GetEnvironmentVariable("IAAS_URL") ?? "http://127.0.0.1:8080"),
};
var token = new Option<string>("--token")
{
    Description = "An administrator's token; else the variable IAAS_TOKEN.",
    Recursive = true,
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("IAAS_TOKEN") ?? "",
};
var root = new RootCommand("Works on a control plane over its HTTP API.") { url, token, ProjectionCommands.Create(Connect), AuditCommands.Audit(Connect), OperationCommands.Follow(Connect), QueryCommands.Census(Connect), QueryCommands.Query(Connect) };
return await root.Parse(args).InvokeAsync();

ControlPlane Connect(ParseResult parsed) => new(parsed.GetValue(url)!, parsed.GetValue(token)!);
