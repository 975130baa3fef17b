using System.CommandLine;
using System.Runtime.Versioning;
using IaaS.Soak;

[assembly: SupportedOSPlatform("linux")]

var server = new Option<string>("--server") { Description = "The server's program.", Required = true };
var minutes = new Option<double>("--minutes") { Description = "How long the server is used and struck.", DefaultValueFactory = _ => 10 };
var seed = new Option<int>("--seed") { Description = "Of all choices; any by default. What they meet depends on the machine, so a run is never quite the same.", DefaultValueFactory = _ => Environment.TickCount & 0xFFFF };
var clients = new Option<int>("--clients") { Description = "How many HTTP clients at once.", DefaultValueFactory = _ => 16 };
var data = new Option<string?>("--data") { Description = "A folder that is empty or missing; by default one among the temporary files. It is kept if anything is found to be wrong." };
var json = new Option<bool>("--json") { Description = "Prints JSON." };
var root = new RootCommand("Uses the server at random, kills it again and again, and looks whether it has kept what it has promised.") { server, minutes, seed, clients, data, json };
root.SetAction((p, ct) => SoakRun.RunAsync(new SoakOptions(
    p.GetValue(server)!, TimeSpan.FromMinutes(p.GetValue(minutes)), p.GetValue(seed), p.GetValue(clients), p.GetValue(data), p.GetValue(json)), ct));
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
