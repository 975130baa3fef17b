using CsCheck;
using IaaS.Commands.Kernel;

namespace IaaS.Stores.Tests;

/// <summary>Random batches, right and wrong versions, long and odd text: both stores give the same answers.</summary>
[Collection(PostgresTests.Name)]
public sealed class StoresAgreeTests(PostgresFixture postgres)
{
    private static readonly Gen<(int Stream, int Offset, string[] Texts)[][]> Batches =
        Gen.Select(Gen.Int[0, 4], Gen.Frequency((6, Gen.Const(0)), (1, Gen.Int[-1, 1])), Gen.String.Array[1, 3])
            .Array[1, 5].Array[1, 8];

    [Fact]
    public Task The_simulations_store_answers_as_the_store_of_record() => Batches.SampleAsync(async batches =>
    {
        var memory = new InMemoryEventStore(TimeProvider.System);
        var streams = Enumerable.Range(0, 5).Select(_ => Given.Stream()).ToList();
        var start = await postgres.Store.HeadAsync(CancellationToken.None);
        foreach (var drawn in batches)
        {
            var batch = new List<Append>();
            foreach (var (stream, offset, texts) in drawn.DistinctBy(d => d.Stream))
            {
                var version = (await memory.Read(streams[stream])).Count + offset;
                batch.Add(Given.To(streams[stream], Math.Max(version, 0), [.. texts.Select(t => new Noted(t))]));
            }

            var expected = await memory.Append(batch);
            var actual = await postgres.Store.Append(batch);
            Assert.Equal(expected.Conflicts.Order(), actual.Conflicts.Order());
            Assert.Equal(expected.Events.Select(Essence), actual.Events.Select(Essence));
        }

        foreach (var stream in streams)
            Assert.Equal((await memory.Read(stream)).Select(Essence), (await postgres.Store.Read(stream)).Select(Essence));
        Assert.Equal((await memory.Feed(0, 7)).Select(Essence), (await postgres.Store.Feed(start, 7)).Select(Essence));
    }, iter: 60, threads: 1);

    /// <summary>All but the time and the position, which differ.</summary>
    private static object Essence(Domain.Kernel.Recorded r) => (r.Event, r.Stream, r.Version, r.Origin);
}
