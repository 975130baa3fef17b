using System.CommandLine;
using System.Text.Json;
using IaaS.Agent;
using IaaS.Drivers;
using Microsoft.Extensions.Logging;

var controlPlane = new Option<Uri?>("--control-plane")
{
    Description = "Address of the control plane, for example http://10.0.0.1:5000",
    Required = true,
    CustomParser = given =>
    {
        var text = given.Tokens.Single().Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return address;
        given.AddError($"'{text}' is not an address such as http://10.0.0.1:5000");
        return null;
    },
};
var token = new Option<string?>("--token") { Description = "Join token; needed the first time" };
var data = new Option<string>("--data") { Description = "Data folder", DefaultValueFactory = _ => "/var/lib/iaas-agent" };
var name = new Option<string>("--name") { Description = "How people call this host", DefaultValueFactory = _ => Environment.MachineName };
var choice = new Option<string>("--drivers") { Description = "kvm, simulator, or a list such as hypervisor/kvm,storage/local", DefaultValueFactory = _ => "kvm" };
var plugins = new Option<string?>("--plugins") { Description = "Folder with further drivers, IaaS.Drivers.*.dll" };
var settings = new Option<FileInfo?>("--settings") { Description = "JSON file with the drivers' settings, one section for each" };

var root = new RootCommand("Runs on a host and carries out what the control plane wants there.")
{
    controlPlane, token, data, name, choice, plugins, settings,
};
root.SetAction((parsed, ct) => RunAsync(parsed, guard: false, ct));
// Started by the agent itself, with its own words.
var guard = new Command(LeaseGuard.Command, "Stops what needs a lease when the agent is gone.") { controlPlane, token, data, name, choice, plugins, settings };
guard.SetAction((parsed, ct) => RunAsync(parsed, guard: true, ct));
root.Subcommands.Add(guard);
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });

async Task<int> RunAsync(ParseResult parsed, bool guard, CancellationToken ct)
{
    var options = new AgentOptions(parsed.GetValue(controlPlane)!, parsed.GetValue(token), Path.GetFullPath(parsed.GetValue(data)!), parsed.GetValue(name)!);
    using var logs = LoggerFactory.Create(b => b.AddSimpleConsole(c => c.SingleLine = true));
    var log = logs.CreateLogger<HostAgent>();
    HostDrivers? drivers = null;
    try
    {
        var catalog = DriverCatalog.Load(DriverCatalog.Delivered(), parsed.GetValue(plugins));
        var json = parsed.GetValue(settings) is { } file ? await File.ReadAllTextAsync(file.FullName, ct) : "{}";
        drivers = catalog.Assemble(DriverChoice.Parse(parsed.GetValue(choice)!), DriverSettings.Parse(options.DataFolder, json), new AgentServices());
        if (guard) await LeaseGuard.RunAsync(options.DataFolder, drivers, TimeProvider.System, log, ct);
        else await new HostAgent(options, drivers, new WishJson(catalog.Assemblies), new WorkerLimits(), TimeProvider.System, log).RunAsync(ct);
        return 0;
    }
    catch (Exception e) when (e is EnrolmentRefusedException or KeyNotFoundException or IOException or JsonException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
    finally
    {
        foreach (var driver in drivers?.All.OfType<IAsyncDisposable>() ?? []) await driver.DisposeAsync();
    }
}
