using System.Text.Json;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>Many VMs at once.</summary>
public static class Load
{
    /// <summary>Asks for VMs, all at the same time, as far as connections go.</summary>
    /// <returns>The ids of those that were acknowledged with 202; a request whose answer never came is left out.</returns>
    public static async Task<IReadOnlyList<string>> CreateAsync(Client client, IEnumerable<string> ids, Action<int>? acknowledged = null)
    {
        var count = 0;
        var asked = await Task.WhenAll(ids.Select(async id =>
        {
            try
            {
                var reply = await client.PostAsync("/v1/vms", Cloud.SmallVm(id));
                if (reply.Status != 202) return null;
                acknowledged?.Invoke(Interlocked.Increment(ref count));
                return id;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Nobody knows what became of it.
                return null;
            }
        }));
        return [.. asked.OfType<string>()];
    }

    public static IReadOnlyList<string> Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => Cloud.NewId("vm"))];

    /// <summary>No operation is open, and the read side shows it.</summary>
    public static async Task SettledAsync(ServerProcess server, TimeSpan within)
    {
        await Eventually.GetAsync("no operation is open", () => OpenAsync(server.Admin), open => open == 0, within);
        await server.PositionAsync();
        Assert.Equal(0, await OpenAsync(server.Admin));
    }

    /// <summary>How many VMs are in each state.</summary>
    public static async Task<IReadOnlyDictionary<string, int>> StatesAsync(Client admin) =>
        (await admin.AllAsync("/v1/vms")).CountBy(vm => vm.Text("state")!).ToDictionary(StringComparer.Ordinal);

    /// <summary>Destroys every VM that there is.</summary>
    public static async Task DestroyAllAsync(ServerProcess server)
    {
        var vms = await server.Admin.AllAsync("/v1/vms");
        await Task.WhenAll(vms.Select(async (JsonElement vm) => (await server.Admin.DeleteAsync($"/v1/vms/{vm.Id}")).Is(202)));
        await SettledAsync(server, TimeSpan.FromSeconds(60));
        Assert.Empty(await server.Admin.AllAsync("/v1/vms"));
    }

    private static async Task<long> OpenAsync(Client admin)
    {
        long open = 0;
        foreach (var state in new[] { "Running", "Undoing" }) open += (await admin.GetAsync($"/v1/operations?state={state}&limit=1&total=true")).Is(200).Json.Number("total");
        return open;
    }
}
