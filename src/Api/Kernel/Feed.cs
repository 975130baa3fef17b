using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Projections.Kernel;
using IaaS.Projections.Operation;
using IaaS.Projections.Query.Past;
using Npgsql;

namespace IaaS.Api.Kernel;

/// <summary>The store as read models see it.</summary>
public sealed class StoreFeed(IEventStore store) : IFeed
{
    public Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct) => store.ReadFeedAsync(after, max, ct);
}

/// <summary>Histories of single resources, as queries of the past see them.</summary>
public sealed class StoreHistories(IEventStore store) : IHistories
{
    public Task<IReadOnlyList<Recorded>> ReadAsync(string stream, CancellationToken ct) => store.ReadAsync(stream, 0, ct);
}

/// <summary>Hands each commit to those that keep something current.</summary>
public sealed class FeedFanOut(IEnumerable<IFeedListener> listeners) : ICommitObserver
{
    private readonly IFeedListener[] listeners = [.. listeners];

    public void Committed(long previous, IReadOnlyList<Recorded> events)
    {
        foreach (var listener in listeners) listener.Publish(previous, events);
    }
}

/// <summary>Open operations, from their read model.</summary>
public sealed class ProjectedOpenOperations(NpgsqlDataSource db) : IOpenOperations
{
    private static readonly string Sql =
        $"select id, node from {ViewTables.TableOf(ViewShape.Of<OperationView>())} where state in ('{nameof(OperationPhase.Running)}', '{nameof(OperationPhase.Undoing)}')";

    public async Task<IReadOnlyList<OpenOperation>> ListAsync(CancellationToken ct)
    {
        await using var command = db.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<OpenOperation> open = [];
        while (await reader.ReadAsync(ct)) open.Add(new OpenOperation(OperationId.Of(reader.GetString(0)), reader.GetString(1)));
        return open;
    }
}
