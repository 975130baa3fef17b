using IaaS.Commands.Kernel;
using IaaS.Commands.Stores.Marten;
using IaaS.Domain.Kernel;
using Npgsql;

namespace IaaS.Stores.Tests;

[Collection(PostgresTests.Name)]
public sealed class MartenEventStoreTests(PostgresFixture postgres) : EventStoreContract, IAsyncLifetime
{
    private MartenEventStore? another;

    protected override IEventStore Store => postgres.Store;

    protected override async Task<IEventStore> AnotherAsync() => another ??= await postgres.OpenAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (another is not null) await another.DisposeAsync();
    }

    [Fact]
    public async Task Its_rows_are_those_of_Martens_own_append()
    {
        var (ours, martens) = (Given.Stream(), Given.Stream());
        IEvent[][] history = [[new Noted("one", 1), new Listed(new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" }, 1.GiB)], [new Noted("two")]];
        foreach (var (version, events) in new[] { (0, history[0]), (2, history[1]) })
        {
            await Store.Append(Given.To(ours, version, events));
            await using var session = postgres.Store.Marten.LightweightSession();
            (session.CorrelationId, session.CausationId, session.LastModifiedBy) = (Given.Origin.Correlation, Given.Origin.Causation, Given.Origin.Actor);
            session.Events.Append(martens, (long)version + events.Length, events.Cast<object>().ToArray());
            await session.SaveChangesAsync();
        }

        foreach (var (table, stream, own) in new[] { ("mt_streams", "id", "'id' - 'timestamp' - 'created'"), ("mt_events", "stream_id", "'stream_id' - 'timestamp' - 'id' - 'seq_id'") })
        {
            var sql = $"select coalesce(string_agg((to_jsonb(t) - {own})::text, chr(10) order by version), '') from {postgres.Store.Schema}.{table} t where {stream} = $1";
            var written = await ScalarAsync(sql, ours);
            Assert.NotEqual("", written);
            Assert.Equal(await ScalarAsync(sql, martens), written);
        }

        // And Marten reads ours as its own.
        await using var query = postgres.Store.Marten.QuerySession();
        Assert.Equal(3, (await query.Events.FetchStreamStateAsync(ours))!.Version);
        Assert.Equal(history.SelectMany(h => h).Select(e => e.GetType()), (await query.Events.FetchStreamAsync(ours)).Select(e => e.EventType));
    }

    [Fact]
    public async Task Processes_that_start_at_once_on_a_new_database_all_come_up()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => postgres.OpenAsync("fresh")));
        foreach (var store in stores)
        {
            Assert.Single((await store.Append(Given.Notes(Given.Stream(), 0, 1))).Events);
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_copy_of_the_tables_alone_gets_the_function_that_appends_when_it_is_opened()
    {
        await (await postgres.OpenAsync("copied")).DisposeAsync();
        await using var source = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await using var command = source.CreateCommand("do $$ begin execute 'drop function ' || (select p.oid::regprocedure from pg_proc p where p.pronamespace = 'copied'::regnamespace and p.proname like 'append%'); end $$");
        await command.ExecuteNonQueryAsync();
        await using var store = await postgres.OpenAsync("copied");
        Assert.Single((await store.Append(Given.Notes(Given.Stream(), 0, 1))).Events);
    }

    [Fact]
    public async Task An_event_with_an_unknown_name_makes_reading_fail()
    {
        await using var newer = await postgres.OpenAsync("newer");
        var stream = Given.Stream();
        await newer.Append(Given.To(stream, 0, new Noted("known"), new UnheardOf("text")));
        await using var source = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await using var command = source.CreateCommand(
            "update newer.mt_events set type = 'test.from-the-future/9' where type = 'test.unheard-of/1'");
        await command.ExecuteNonQueryAsync();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => newer.Read(stream));
        Assert.Contains("test.from-the-future/9", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => newer.ReadFeedAsync(0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task What_was_committed_survives_a_killed_server()
    {
        var stream = Given.Stream();
        var committed = await Store.Append(Given.Notes(stream, 0, 10));
        await postgres.Server.KillAsync();
        await postgres.Server.ReadyAsync(CancellationToken.None);
        NpgsqlConnection.ClearAllPools();
        await using var reopened = await postgres.OpenAsync();
        Assert.Equal(committed.Events, await reopened.Read(stream));
        await EventuallyAsync(async () => (await Store.Append(Given.Notes(Given.Stream(), 0, 1))).Events.Count == 1);
        await EventuallyAsync(async () => (await Store.Read(stream)).Count == 10);
    }

    /// <summary>The first use of a connection that died with the server may fail; the contract says so.</summary>
    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                if (await holds()) return;
            }
            catch (Exception e) when (attempt < 49 && e.GetBaseException() is IOException or NpgsqlException or System.Net.Sockets.SocketException
                || e.InnerException is NpgsqlException)
            {
            }
        }

        Assert.Fail("It did not come true.");
    }

    private async Task<string> ScalarAsync(string sql, string parameter)
    {
        await using var source = NpgsqlDataSource.Create(postgres.Server.ConnectionString);
        await using var command = source.CreateCommand(sql);
        command.Parameters.AddWithValue(parameter);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
