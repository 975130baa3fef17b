using System.Globalization;
using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests.RealHost;

/// <summary>From the HTTP API to a guest that has booted, with nothing simulated: server, PostgreSQL, agent, libvirt, QEMU, bridge.</summary>
[Collection(AloneTests.Name)]
public sealed class RealHostTests : IAsyncLifetime
{
    // Emulated, on a machine that has other things to do.
    private static readonly TimeSpan BootTimeout = TimeSpan.FromMinutes(4);

    private readonly string folder = string.Create(CultureInfo.InvariantCulture, $"/var/tmp/iaas-e2e-host-{Environment.ProcessId}");
    private readonly string bridge = string.Create(CultureInfo.InvariantCulture, $"iaase{Environment.ProcessId}");
    private readonly string id = string.Create(CultureInfo.InvariantCulture, $"vm-real-{Environment.ProcessId}");
    private ServerProcess server = null!;

    private string Image => Path.Combine(folder, "guest.qcow2");

    private string StoragePath => Path.Combine(folder, "storage");

    private Client Admin => server.Admin;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(folder);
        await Shell.RunAsync("bash", Path.Combine(AppContext.BaseDirectory, "make-guest.sh"), Image);
        server = await ServerProcess.StartAsync("--heartbeat-seconds", "3");
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await Shell.TryAsync("pkill", "-f", $"guard.*{folder}");
        // Only where the test failed.
        await Shell.TryAsync("virsh", "--connect", "qemu:///system", "destroy", id);
        await Shell.TryAsync("virsh", "--connect", "qemu:///system", "undefine", id);
        await Shell.TryAsync("ip", "link", "delete", "dev", bridge);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_vm_boots_on_a_real_host_stops_starts_reboots_and_leaves_nothing_behind()
    {
        var token = await ClusterAndTokenAsync();
        var agentFolder = Path.Combine(folder, "agent");
        var agent = new AgentProcess(server.Url, agentFolder, "kvm-1", token);
        try
        {
            await agent.ConnectedAsync();
            var host = await ReadyHostAsync();
            await BuildOnAsync(host);

            await Admin.DoAsync(Admin.PostAsync("/v1/vms", new { id, name = "real", imageId = "image-guest", cpus = 1, memory = 128L << 20, rootDiskSize = 64L << 20, networkIds = new[] { "l3-real" } }));

            var vm = await VmAsync();
            Assert.Equal(("Running", host), (vm.Text("state"), vm.Text("hostId")));
            var line = $"IAAS-GUEST id={id} address={vm.Text("address")}";
            await BootsAsync(agentFolder, line, 1);
            Assert.Equal("running", (await Shell.VirshAsync("domstate", id)).Trim());
            var disk = Path.Combine(StoragePath, "volumes", $"{vm.Text("rootVolumeId")}.qcow2");
            Assert.Contains("backing file:", await Shell.RunAsync("qemu-img", "info", "--force-share", disk), StringComparison.Ordinal);
            Assert.NotEmpty(await TapsAsync());

            await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{id}/stop"));
            // It may start again on another host, so nothing but its disk stays on this one.
            Assert.DoesNotContain(id, await Shell.VirshAsync("list", "--all", "--name"), StringComparison.Ordinal);
            Assert.Empty(await TapsAsync());
            Assert.True(File.Exists(disk), "A stopped VM keeps its disk.");

            // The agent restarts, without a token: it knows who it is, and the control plane knows it.
            await agent.DisposeAsync();
            await HostIsAsync("Disconnected");
            agent = new AgentProcess(server.Url, agentFolder, "kvm-1", token: null);
            await agent.ConnectedAsync();
            await HostIsAsync("Connected");

            await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{id}/start"));
            // The console went with the domain: what is in it is the tenant's.
            await BootsAsync(agentFolder, line, 1);
            await Admin.DoAsync(Admin.PostAsync($"/v1/vms/{id}/reboot"));
            await BootsAsync(agentFolder, line, 2);

            await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{id}"));
            await NothingIsLeftAsync(host, disk);
        }
        finally
        {
            await agent.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_guest_that_needs_a_lease_is_stopped_when_the_agent_is_killed_and_started_again_when_it_is_back()
    {
        var agentFolder = Path.Combine(folder, "agent");
        var agent = new AgentProcess(server.Url, agentFolder, "kvm-1", await ClusterAndTokenAsync());
        try
        {
            await agent.ConnectedAsync();
            await BuildOnAsync(await ReadyHostAsync());
            await Admin.DoAsync(Admin.PostAsync("/v1/vms", new { id, name = "leased", imageId = "image-guest", cpus = 1, memory = 128L << 20, rootDiskSize = 64L << 20, networkIds = new[] { "l3-real" }, onHostLoss = "Restart" }));
            await Eventually.HoldsAsync("the guard is there", () => Guarded(agentFolder), TimeSpan.FromSeconds(60));

            agent.Kill();

            await Eventually.GetAsync("the guest is stopped, though nobody is there to ask for it", () => Shell.VirshAsync("list", "--name"), running => !running.Contains(id, StringComparison.Ordinal), TimeSpan.FromSeconds(60));
            await Eventually.GetAsync("the VM is Unknown", VmAsync, vm => vm.Text("state") is "Unknown" or "FailingOver", TimeSpan.FromSeconds(60));
            agent = new AgentProcess(server.Url, agentFolder, "kvm-1", token: null);
            await agent.ConnectedAsync();

            await Eventually.GetAsync("the VM runs again", VmAsync, vm => vm.Text("state") is "Running", TimeSpan.FromSeconds(120));
            Assert.Contains(id, await Shell.VirshAsync("list", "--name"), StringComparison.Ordinal);
            await Admin.DoAsync(Admin.DeleteAsync($"/v1/vms/{id}"));
        }
        finally
        {
            await agent.DisposeAsync();
        }
    }

    /// <summary>Whoever guards holds the lock.</summary>
    private static bool Guarded(string agentFolder)
    {
        try
        {
            using var free = new FileStream(Path.Combine(agentFolder, "guard.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException e)
        {
            return e is not FileNotFoundException;
        }
    }

    [Fact]
    public async Task A_token_lets_one_agent_in_and_no_second()
    {
        var token = await ClusterAndTokenAsync();
        await using (var first = new AgentProcess(server.Url, Path.Combine(folder, "first"), "kvm-1", token)) await first.ConnectedAsync();

        await using var second = new AgentProcess(server.Url, Path.Combine(folder, "second"), "kvm-2", token);

        await Eventually.HoldsAsync("the second agent is told why it is not let in", () => second.Output.Contains("has been used", StringComparison.Ordinal));
        Assert.Single((await Admin.GetAsync($"/v1/hosts?waitFor={await server.PositionAsync()}")).Is(200).Items);
    }

    private async Task<string> ClusterAndTokenAsync()
    {
        (await Admin.PostAsync("/v1/zones", new { id = "zone-real", name = "zone" })).Is(201);
        (await Admin.PostAsync("/v1/clusters", new { id = "cluster-real", name = "cluster", zoneId = "zone-real" })).Is(201);
        return (await Admin.PostAsync("/v1/tokens", new { name = "kvm-1", role = "Agent", clusterId = "cluster-real" })).Is(201).Json.Text("secret")!;
    }

    private async Task<string> ReadyHostAsync()
    {
        await HostIsAsync("Connected");
        var host = Assert.Single((await Admin.GetAsync("/v1/hosts")).Is(200).Items);
        Assert.True(host.Number("cpus") >= Environment.ProcessorCount, $"The capacity is not this machine's: {host}");
        Assert.True(host.Number("memory") > 0, $"The capacity is not this machine's: {host}");
        return host.Id;
    }

    private async Task NothingIsLeftAsync(string host, string disk)
    {
        Assert.DoesNotContain(id, await Shell.VirshAsync("list", "--all", "--name"), StringComparison.Ordinal);
        Assert.Empty(await TapsAsync());
        Assert.False(File.Exists(disk), "The disk is left.");
        var left = (await Admin.GetAsync($"/v1/hosts/{host}?waitFor={await server.PositionAsync()}")).Is(200).Json;
        Assert.Equal((0L, 0L), (left.Number("usedCpus"), left.Number("usedMemory")));
    }

    private Task<IReadOnlyList<JsonElement>> HostIsAsync(string status) => Eventually.GetAsync($"the host is {status}",
        async () => (await Admin.GetAsync("/v1/hosts")).Is(200).Items, hosts => hosts.Count == 1 && hosts[0].Text("status") == status);

    private async Task BuildOnAsync(string host)
    {
        (await Admin.PostAsync("/v1/storages", new { id = "storage-real", name = "disks", capacity = 10L << 30, hostId = host, driver = "local", path = StoragePath })).Is(201);
        (await Admin.PostAsync("/v1/l2-networks", new { id = "l2-real", name = "bridge", zoneId = "zone-real", bridge })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks", new { id = "l3-real", name = "net", l2Id = "l2-real", cidr = "10.213.78.0/24" })).Is(201);
        (await Admin.PostAsync("/v1/l3-networks/l3-real/ranges", new { first = "10.213.78.10", last = "10.213.78.19" })).Is(200);
        (await Admin.PostAsync("/v1/images", new { id = "image-guest", name = "guest", location = Image })).Is(201);
    }

    private async Task<JsonElement> VmAsync() => (await Admin.GetAsync($"/v1/vms/{id}?waitFor={await server.PositionAsync()}")).Is(200).Json;

    private Task<string> BootsAsync(string agentFolder, string line, int times) => Eventually.GetAsync($"boot {times} of the guest", async () =>
    {
        var console = Path.Combine(agentFolder, "consoles", id + ".log");
        return File.Exists(console) ? await File.ReadAllTextAsync(console) : "";
    }, said => said.Split('\n', StringSplitOptions.TrimEntries).Count(s => s == line) == times, BootTimeout);

    /// <summary>The devices on the bridge that the agent made.</summary>
    private Task<string> TapsAsync() => Shell.RunAsync("ip", "-oneline", "link", "show", "master", bridge);
}
