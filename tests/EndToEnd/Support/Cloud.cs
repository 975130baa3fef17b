using System.Globalization;
using System.Text.Json;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>The server that most tests share, with the simulated data centre of the demo.</summary>
public sealed class Cloud : IAsyncLifetime
{
    private static int last;
    private ServerProcess? server;

    public ServerProcess Server => server ?? throw new InvalidOperationException("The server has not been started.");

    public Client Admin => Server.Admin;

    public async Task InitializeAsync() => server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6");

    public async Task DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }

    /// <summary>An id that no other test has.</summary>
    public static string NewId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-e2e-{Interlocked.Increment(ref last)}");

    /// <summary>The smallest VM of the demo.</summary>
    public static IReadOnlyDictionary<string, object?> SmallVm(string id, string? name = null) => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["id"] = id,
        ["name"] = name ?? id,
        ["imageId"] = "image-demo",
        ["offeringId"] = "offering-small",
        ["networkIds"] = new[] { "l3-demo" },
    };

    /// <summary>A VM that runs.</summary>
    public async Task<JsonElement> RunningVmAsync(string? id = null)
    {
        id ??= NewId("vm");
        await Admin.DoAsync(Admin.PostAsync("/v1/vms", SmallVm(id)));
        var vm = await VmAsync(id);
        Assert.Equal("Running", vm.Text("state"));
        return vm;
    }

    /// <summary>A VM as it is when the read side has come to all that has happened.</summary>
    public async Task<JsonElement> VmAsync(string id) => (await Admin.GetAsync($"/v1/vms/{id}?waitFor={await Server.PositionAsync()}")).Is(200).Json;

    /// <summary>A project of its own, with a token for each role in it.</summary>
    public async Task<Tenant> TenantAsync(object? quota = null)
    {
        var project = NewId("project");
        (await Admin.PostAsync("/v1/projects", new { id = project, name = project, quota })).Is(201);
        return new Tenant(project, await TokenAsync("Member", project), await TokenAsync("Reader", project));
    }

    private async Task<Client> TokenAsync(string role, string project) => Server.As(
        (await Admin.PostAsync("/v1/tokens", new { name = $"{role} of {project}", role, projectId = project })).Is(201).Json.Text("secret"));
}

public sealed record Tenant(string Project, Client Member, Client Reader);

[CollectionDefinition(Name)]
public sealed class CloudTests : ICollectionFixture<Cloud>
{
    public const string Name = "cloud";
}

/// <summary>For what measures time, or needs all of the machine: nothing runs beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests
{
    public const string Name = "alone";
}
