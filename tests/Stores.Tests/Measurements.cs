using System.Diagnostics;
using IaaS.Commands.Kernel;
using IaaS.Commands.Stores.Marten;
using IaaS.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace IaaS.Stores.Tests;

/// <summary>Numbers, not judgements: run by hand with <c>MEASURE=1 dotnet test --filter Measurements</c>.</summary>
[Collection(PostgresTests.Name)]
public sealed class Measurements(PostgresFixture postgres, ITestOutputHelper output)
{
    private const int Streams = 200;
    private const int EventsEach = 4;

    private static readonly bool Wanted = Environment.GetEnvironmentVariable("MEASURE") == "1";

    [Fact]
    public async Task How_long_a_start_takes()
    {
        if (!Wanted) return;
        using var folder = new TemporaryFolder();
        for (var start = 1; start <= 3; start++)
        {
            var clock = Stopwatch.StartNew();
            await using var server = await EmbeddedPostgres.StartAsync(folder.Path, NullLogger.Instance, TimeProvider.System);
            var ready = clock.Elapsed;
            await using var store = await MartenEventStore.StartAsync(server.ConnectionString, Given.Names, TimeProvider.System);
            var open = clock.Elapsed;
            await store.Append(Given.Notes(Given.Stream(), 0, 1));
            output.WriteLine($"start {start}: server {ready.TotalMilliseconds:n0} ms, store {(open - ready).TotalMilliseconds:n0} ms, first append {(clock.Elapsed - open).TotalMilliseconds:n0} ms");
        }
    }

    [Fact]
    public async Task How_many_events_a_second_are_appended()
    {
        if (!Wanted) return;
        for (var round = 0; round < 6; round++)
        {
            output.WriteLine($"set-based: {await RateAsync(batch => postgres.Store.Append(batch)):n0} events/s, Marten's own: {await RateAsync(MartensOwnAsync):n0} events/s");
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < 300; i++) await postgres.Store.Append(Given.Notes(Given.Stream(), 0, 1));
            output.WriteLine($"one event in a commit: {clock.Elapsed.TotalMilliseconds / 300:n2} ms");
        }
    }

    private static async Task<double> RateAsync(Func<IReadOnlyList<Append>, Task> append)
    {
        var batches = Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, Streams).Select(_ => Given.Notes(Given.Stream(), 0, EventsEach)).ToList()).ToList();
        var clock = Stopwatch.StartNew();
        foreach (var batch in batches) await append(batch);
        return batches.Count * Streams * EventsEach / clock.Elapsed.TotalSeconds;
    }

    private async Task MartensOwnAsync(IReadOnlyList<Append> batch)
    {
        await using var session = postgres.Store.Marten.LightweightSession();
        (session.CorrelationId, session.CausationId, session.LastModifiedBy) = (Given.Origin.Correlation, Given.Origin.Causation, Given.Origin.Actor);
        foreach (var append in batch) session.Events.StartStream(append.Stream, append.Events.Cast<object>().ToArray());
        await session.SaveChangesAsync();
    }
}
