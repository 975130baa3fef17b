using System.CommandLine;
using IaaS.Benchmarks;

var server = new Option<string>("--server") { Description = "The server's program.", Required = true };
var count = new Option<int>("--count") { Description = "How many VMs.", DefaultValueFactory = _ => 500 };
var clients = new Option<int>("--clients") { Description = "How many HTTP clients at once.", DefaultValueFactory = _ => 500 };
var warmUp = new Option<int>("--warm-up") { Description = "VMs made before, not counted.", DefaultValueFactory = _ => 500 };
var json = new Option<bool>("--json") { Description = "Prints JSON for comparison." };
var vms = new Command("vms", "Creates VMs on the simulator.") { count, clients, warmUp, json };
vms.SetAction(p => VmBenchmark.RunAsync(p.GetValue(server)!, p.GetValue(count), p.GetValue(clients), p.GetValue(warmUp), p.GetValue(json)));
var hosts = new Option<int>("--hosts") { Description = "Hosts in the read model.", DefaultValueFactory = _ => 10_000 };
var rows = new Option<int>("--vms") { Description = "VMs in the read model.", DefaultValueFactory = _ => 1_000_000 };
var asking = new Option<int>("--clients") { Description = "How many ask at once.", DefaultValueFactory = _ => 8 };
var query = new Command("query", "Asks a large cloud, beside the same questions in SQL written by hand.") { hosts, rows, asking, json };
query.SetAction(p => QueryBenchmark.RunAsync(p.GetValue(server)!, p.GetValue(hosts), p.GetValue(rows), p.GetValue(asking), p.GetValue(json)));
var made = new Option<int>("--count") { Description = "VMs whose events are read.", DefaultValueFactory = _ => 20_000 };
var rebuild = new Command("rebuild", "Builds views anew from the log.") { made, json };
rebuild.SetAction(p => RebuildBenchmark.RunAsync(p.GetValue(server)!, p.GetValue(made), p.GetValue(json)));
return await new RootCommand("Benchmarks. Each prints what it measured beside the raw limit of the same run.") { server, vms, query, rebuild }.Parse(args).InvokeAsync();
