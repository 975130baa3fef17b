using System.CommandLine;
using IaaS.Api.Kernel;
using IaaS.Postgres;
using IaaS.Projections.Query;
using Microsoft.AspNetCore.Connections;

var data = new Option<string>("--data") { Description = "The data folder.", DefaultValueFactory = _ => "data" };
var url = new Option<string>("--url") { Description = "Where HTTP is served.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
var agentUrl = new Option<string>("--agent-url") { Description = "Where agents dial in.", DefaultValueFactory = _ => "http://127.0.0.1:8081" };
var postgres = new Option<string?>("--postgres") { Description = "A connection string to a PostgreSQL that runs already; without it the server runs one of its own." };
var demo = new Option<bool>("--demo") { Description = "Loads a simulated data centre on the first start." };
var hosts = new Option<int>("--demo-hosts") { Description = "Simulated hosts of the demo.", DefaultValueFactory = _ => 20 };
var token = new Option<bool>("--new-admin-token") { Description = "Makes a further administrator's token and prints it." };
var drivers = new Option<string?>("--drivers") { Description = "A folder with further drivers (IaaS.Drivers.*.dll)." };
var driverSettings = new Option<string?>("--driver-settings") { Description = "A JSON file of settings for drivers, for example delays and faults of the simulator." };
var recycle = new Option<double>("--recycle-days") { Description = "How long a deleted VM can be recovered; 0 destroys it at once.", DefaultValueFactory = _ => 7 };
var watch = new Option<double>("--watch-seconds") { Description = "How often it is checked whether everything adds up; 0 for never.", DefaultValueFactory = _ => 60 };
var heartbeat = new Option<double>("--heartbeat-seconds") { Description = "How often agents say that they are there; a host is lost after five times as long.", DefaultValueFactory = _ => 10 };
var log = new Option<LogLevel>("--log") { Description = "The least level of what is logged.", DefaultValueFactory = _ => LogLevel.Warning };
var limits = new QueryLimits();
var depth = new Option<int>("--query-depth") { Description = "Relations in one path of a query.", DefaultValueFactory = _ => limits.Depth };
var conditions = new Option<int>("--query-conditions") { Description = "Conditions in one query.", DefaultValueFactory = _ => limits.Conditions };
var seconds = new Option<double>("--query-seconds") { Description = "How long the database works on one query.", DefaultValueFactory = _ => limits.Time.TotalSeconds };
var admission = new AdmissionLimits();
var changes = new Option<int>("--changes") { Description = "Changes that wait for their first answer, of all callers; one more is refused with 429.", DefaultValueFactory = _ => admission.Changes };
var changesOfOne = new Option<int>("--changes-of-one") { Description = "Those of one project.", DefaultValueFactory = _ => admission.ChangesOfOne };
var reads = new Option<int>("--reads") { Description = "Reads under way; one more is refused with 429.", DefaultValueFactory = _ => admission.Reads };
var root = new RootCommand("The IaaS control plane.") { data, url, agentUrl, postgres, demo, hosts, token, drivers, driverSettings, depth, conditions, seconds, recycle, heartbeat, watch, log, changes, changesOfOne, reads };

root.SetAction(async (parsed, ct) =>
{
    try
    {
        await using var server = await Server.StartAsync(new ServerOptions
        {
            DataFolder = parsed.GetValue(data)!,
            Url = parsed.GetValue(url)!,
            AgentUrl = parsed.GetValue(agentUrl)!,
            Postgres = parsed.GetValue(postgres),
            Demo = parsed.GetValue(demo),
            DemoHosts = parsed.GetValue(hosts),
            NewAdminToken = parsed.GetValue(token),
            DriverFolder = parsed.GetValue(drivers),
            DriverSettings = parsed.GetValue(driverSettings),
            Query = limits with { Depth = parsed.GetValue(depth), Conditions = parsed.GetValue(conditions), Time = TimeSpan.FromSeconds(parsed.GetValue(seconds)) },
            WatchEvery = TimeSpan.FromSeconds(Math.Max(0, parsed.GetValue(watch))),
            RecycleFor = TimeSpan.FromDays(Math.Max(0, parsed.GetValue(recycle))),
            Heartbeat = TimeSpan.FromSeconds(Math.Max(1, parsed.GetValue(heartbeat))),
            Admission = admission with { Changes = Math.Max(1, parsed.GetValue(changes)), ChangesOfOne = Math.Max(1, parsed.GetValue(changesOfOne)), Reads = Math.Max(1, parsed.GetValue(reads)) },
            LogLevel = parsed.GetValue(log),
        }, ct);
        await Welcome.WriteAsync(Console.Out, server, parsed.GetValue(demo));
        await server.Ended.WaitAsync(ct).ContinueWith(_ => { }, TaskScheduler.Default);
        return 0;
    }
    catch (EmbeddedPostgresException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
    catch (IOException e) when (e.InnerException is AddressInUseException)
    {
        await Console.Error.WriteLineAsync($"{e.Message} Stop what listens there, or say --url and --agent-url.");
        return 1;
    }
});

// By default it would be ended after two seconds, in the middle of stopping. Longer than requests under way are waited for.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
