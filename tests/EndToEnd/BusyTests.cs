using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;
using IaaS.Postgres;
using Npgsql;

namespace IaaS.EndToEnd.Tests;

[Collection(AloneTests.Name)]
public sealed class BusyTests
{
    private const int Asked = 60;

    [Fact]
    public async Task What_is_too_much_at_once_is_refused_at_once_and_what_is_accepted_happens_exactly()
    {
        // Slow enough that the first few are still being decided while the others come.
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6", "--changes", "4", "--changes-of-one", "3");
        var admin = server.Admin;
        var refused = 0;

        await Task.WhenAll(Load.Ids(Asked).Select(async id =>
        {
            while (true)
            {
                var answer = await admin.PostAsync("/v1/vms", Cloud.SmallVm(id));
                if (answer.Status == 202) return;
                answer.IsProblem(429, "server.busy");
                Assert.Equal(TimeSpan.FromSeconds(1), answer.RetryAfter);
                Interlocked.Increment(ref refused);
            }
        }));

        Assert.InRange(refused, 1, int.MaxValue);
        await Load.SettledAsync(server, TimeSpan.FromSeconds(60));
        Assert.Equal(Asked, (await Load.StatesAsync(admin))["Running"]);
        await Ledger.IsExactAsync(server);
    }

    [Fact]
    public async Task Who_sends_too_much_does_not_keep_others_from_being_heard()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "6", "--changes", "50", "--changes-of-one", "2");
        var other = await MemberOfAnotherAsync(server);
        using var done = new CancellationTokenSource();
        var refused = 0;
        var flood = Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                if ((await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm")))).Status == 429) Interlocked.Increment(ref refused);
            }
        }));
        await Eventually.HoldsAsync("the flood is refused", () => Volatile.Read(ref refused) > 20);

        for (var i = 0; i < 10; i++) (await other.PostAsync("/v1/vms", Cloud.SmallVm(Cloud.NewId("vm")))).Is(202);

        await done.CancelAsync();
        await flood;
        await Load.SettledAsync(server, TimeSpan.FromSeconds(60));
        Assert.Equal(10, (await other.AllAsync("/v1/vms?state=Running")).Count);
    }

    [Fact]
    public async Task What_the_read_model_does_not_show_yet_is_not_said_to_be_deleted()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        await using var db = NpgsqlDataSource.Create(EmbeddedPostgres.ConnectionStringOf(server.Folder));
        await using (var held = await db.OpenConnectionAsync())
        {
            await using var transaction = await held.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("lock table read.checkpoint in exclusive mode", held, transaction);
            await hold.ExecuteNonQueryAsync();
            (await server.Admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-late"))).Is(202);

            (await server.Admin.GetAsync("/v1/vms/vm-late")).IsProblem(503, "query.not-caught-up");
        }

        await Eventually.GetAsync("the VM", () => server.Admin.GetAsync("/v1/vms/vm-late"), a => a.Status == 200);
    }

    [Fact]
    public async Task Who_hears_that_an_operation_is_over_finds_what_it_has_left()
    {
        await using var server = await ServerProcess.StartAsync("--demo", "--demo-hosts", "2");
        var admin = server.Admin;
        await admin.DoAsync(admin.PostAsync("/v1/vms", Cloud.SmallVm("vm-gone")));
        await using var db = NpgsqlDataSource.Create(EmbeddedPostgres.ConnectionStringOf(server.Folder));
        Task<Reply> after, streamed;
        await using (var held = await db.OpenConnectionAsync())
        {
            await using var transaction = await held.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("lock table read.checkpoint in exclusive mode", held, transaction);
            await hold.ExecuteNonQueryAsync();
            var deletion = (await admin.DeleteAsync("/v1/vms/vm-gone")).Is(202);
            await Eventually.GetAsync("the end on record", () => HistoryAsync(deletion), h => h.Contains("operation.succeeded", StringComparison.Ordinal));

            after = AfterAsync(async () => (await admin.GetAsync(deletion.Location!)).Is(200).Json.Text("state"));
            streamed = AfterAsync(async () =>
            {
                await foreach (var told in admin.FollowAsync(deletion.Json.Id, null, _ => { }, CancellationToken.None)) return JsonElement.Parse(told.Data).Text("state");
                return null;
            });
            // Time enough to answer, for a server that would not wait.
            for (var i = 0; i < 20; i++) await HistoryAsync(deletion);
        }

        (await after).IsProblem(410, "vm.deleted");
        (await streamed).IsProblem(410, "vm.deleted");

        async Task<string> HistoryAsync(Reply accepted) => (await admin.GetAsync($"{accepted.Location}/events")).Is(200).Text;

        async Task<Reply> AfterAsync(Func<Task<string?>> heard)
        {
            Assert.Equal("Succeeded", await heard());
            return await admin.GetAsync("/v1/vms/vm-gone");
        }
    }

    private static async Task<Client> MemberOfAnotherAsync(ServerProcess server)
    {
        var project = Cloud.NewId("project");
        (await server.Admin.PostAsync("/v1/projects", new { id = project, name = "other" })).Is(201);
        return server.As((await server.Admin.PostAsync("/v1/tokens", new { name = "other", role = "Member", projectId = project })).Is(201).Json.Text("secret"));
    }
}
