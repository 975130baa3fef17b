using IaaS.Commands.Kernel.Snapshots;
using IaaS.Domain.Kernel;

namespace IaaS.Stores.Tests;

/// <summary>What every keeper of snapshots obeys.</summary>
public abstract class SnapshotContract
{
    protected abstract ISnapshots Snapshots { get; }

    [Fact]
    public async Task What_is_kept_is_found_as_it_was()
    {
        var kept = Of(Given.Stream(), 7) with { State = new byte[] { 0, 1, 255, 39 } };
        await Snapshots.KeepAsync(kept, CancellationToken.None);

        var found = await Snapshots.FindAsync(kept.Stream, CancellationToken.None);

        Assert.Equal(kept.State.ToArray(), found!.State.ToArray());
        Assert.Equal(kept, found with { State = kept.State });
        Assert.Null(await Snapshots.FindAsync(Given.Stream(), CancellationToken.None));
    }

    [Fact]
    public async Task A_newer_one_takes_the_place_of_an_older_one_and_not_the_other_way_round()
    {
        var stream = Given.Stream();
        foreach (var version in new[] { 5, 9, 7 }) await Snapshots.KeepAsync(Of(stream, version), CancellationToken.None);

        Assert.Equal(9, (await Snapshots.FindAsync(stream, CancellationToken.None))!.Version);
    }

    [Fact]
    public async Task One_of_another_program_is_replaced_whatever_its_version()
    {
        var stream = Given.Stream();
        await Snapshots.KeepAsync(Of(stream, 9), CancellationToken.None);
        await Snapshots.KeepAsync(Of(stream, 4) with { Program = "another" }, CancellationToken.None);

        Assert.Equal(("another", 4), ((await Snapshots.FindAsync(stream, CancellationToken.None)) is { } found ? (found.Program, (int)found.Version) : default));
    }

    private static StreamSnapshot Of(string stream, long version) => new(stream, version, "program", new Origin("token-1", "op-1", "step"), ReadOnlyMemory<byte>.Empty);
}

public sealed class InMemorySnapshotTests : SnapshotContract
{
    protected override ISnapshots Snapshots { get; } = new InMemorySnapshots();
}

[Collection(PostgresTests.Name)]
public sealed class PostgresSnapshotTests(PostgresFixture postgres) : SnapshotContract
{
    protected override ISnapshots Snapshots => postgres.Store.Snapshots;
}
