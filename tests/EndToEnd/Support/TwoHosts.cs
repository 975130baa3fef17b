using System.Text.Json;
using IaaS.EndToEnd.Tests.RealHost;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>A server with heartbeats of a second, and two hosts with agents of their own.</summary>
public sealed class TwoHosts : IAsyncDisposable
{
    private readonly List<AgentProcess> agents = [];
    private readonly List<string> folders = [];

    private TwoHosts(ServerProcess server) => Server = server;

    public ServerProcess Server { get; }

    public Client Admin => Server.Admin;

    public string First { get; private set; } = "";

    public string Second { get; private set; } = "";

    public AgentProcess FirstAgent { get; private set; } = null!;

    public static async Task<TwoHosts> StartAsync()
    {
        var site = new TwoHosts(await ServerProcess.StartAsync("--heartbeat-seconds", "1"));
        await site.BuildAsync();
        return site;
    }

    /// <summary>The first agent again, on the same folder.</summary>
    public async Task FirstBackAsync()
    {
        agents.Add(FirstAgent = new AgentProcess(Server.Url, folders[0], "first", token: null, "simulator"));
        await FirstAgent.ConnectedAsync();
    }

    public async Task<JsonElement> VmAsync(string id, string policy, string host)
    {
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", new
        {
            id,
            name = id,
            imageId = "image-1",
            cpus = 1,
            memory = 1L << 28,
            rootDiskSize = 1L << 30,
            networkIds = new[] { "l3-1" },
            hostId = host,
            onHostLoss = policy,
        }));
        return await GetAsync(id);
    }

    public async Task<JsonElement> GetAsync(string vm) => (await Admin.GetAsync($"/v1/vms/{vm}?waitFor={await Server.PositionAsync()}")).Is(200).Json;

    public async Task<IReadOnlyList<string>> EventsAsync(string vm) => [.. (await Admin.GetAsync($"/v1/vms/{vm}/events")).Is(200).Items.Select(e => e.Text("type")!)];

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in agents) agent.Kill();
        foreach (var agent in agents) await agent.DisposeAsync();
        await Server.DisposeAsync();
        foreach (var folder in folders) Directory.Delete(folder, recursive: true);
    }

    private async Task BuildAsync()
    {
        (await Admin.PostAsync("/v1/zones", new { id = "zone-1", name = "z" })).Is(201);
        (await Admin.PostAsync("/v1/clusters", new { id = "cluster-1", name = "c", zoneId = "zone-1" })).Is(201);
        foreach (var name in new[] { "first", "second" })
        {
            var token = (await Admin.PostAsync("/v1/tokens", new { name, role = "Agent", clusterId = "cluster-1" })).Is(201).Json.Text("secret");
            var folder = Directory.CreateTempSubdirectory("iaas-agent-").FullName;
            folders.Add(folder);
            var agent = new AgentProcess(Server.Url, folder, name, token, "simulator");
            agents.Add(agent);
            await agent.ConnectedAsync();
        }

        FirstAgent = agents[0];
        var hosts = (await Admin.GetAsync($"/v1/hosts?waitFor={await Server.PositionAsync()}")).Is(200).Items.ToDictionary(h => h.Text("name")!, h => h.Id, StringComparer.Ordinal);
        (First, Second) = (hosts["first"], hosts["second"]);
        (await Admin.PostAsync("/v1/storages", new { id = "storage-1", name = "s", zoneId = "zone-1", clusterIds = new[] { "cluster-1" }, capacity = 1L << 40, driver = "local", path = "/shared" })).Is(201);
        (await Admin.PostAsync("/v1/l2-networks", new { id = "l2-1", name = "l2", zoneId = "zone-1", bridge = "br0" })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks", new { id = "l3-1", name = "l3", l2Id = "l2-1", cidr = "10.1.0.0/24" })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks/l3-1/ranges", new { first = "10.1.0.10", last = "10.1.0.99" })).Is(200);
        (await Admin.PostAsync("/v1/images", new { id = "image-1", name = "i", location = "simulator:any", size = 1L << 30 })).Is(201);
        await Server.PositionAsync();
    }
}
