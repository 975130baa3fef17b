using IaaS.Domain.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>
/// One view inside a projector: what of a batch concerns it, from the rows before to the rows after. Per batch <see cref="Begin"/>,
/// <see cref="Load"/>, <see cref="ReadAsync"/>, <see cref="Fold"/>, <see cref="Write"/> and, when the transaction is durable,
/// <see cref="Commit"/>; after a failed one <see cref="Open"/>.
/// </summary>
internal abstract class ViewFold
{
    private ViewFailure? blocked;

    public abstract ViewShape Shape { get; }

    /// <summary>The checkpoint as stored.</summary>
    public long Position { get; private set; }

    /// <summary>Why it has stopped, as stored.</summary>
    public ViewFailure? Failure { get; private set; }

    /// <summary>The checkpoint once the batch in hand is committed.</summary>
    public long NextPosition { get; private set; }

    public ViewFailure? NextFailure { get; private set; }

    public ViewStatus Status => new(Shape.Name, Shape.Type.Version, Position, Failure);

    /// <summary>Takes up what the database says and forgets everything else.</summary>
    /// <param name="retry">Tries again the event that stopped it: the program may have been mended.</param>
    public void Open(Checkpoint? stored, bool isCurrent, bool retry)
    {
        Forget();
        if (retry) blocked = null;
        Position = NextPosition = stored?.Position ?? 0;
        Failure = NextFailure = isCurrent ? (retry ? null : stored?.Failure)
            : new(Position, "", $"Another program has version {stored?.Version} of this view's table; this one has version {Shape.Type.Version}.");
    }

    public void Begin(IReadOnlyList<Recorded> events)
    {
        NextFailure = blocked;
        NextPosition = blocked is null ? Math.Max(Position, events[^1].Position) : Position;
        Gather(blocked is null ? events : []);
    }

    /// <summary>The database will not take this view's rows: stop before the batch, this view alone.</summary>
    public void Block(Exception cause) => blocked = ViewFailure.Of(First?.Position ?? NextPosition, First?.Stream ?? "", cause);

    public void Commit()
    {
        Position = NextPosition;
        Failure = NextFailure;
        Keep();
    }

    /// <summary>Reads the rows that the batch needs and the cache lacks; null when it lacks none.</summary>
    public abstract NpgsqlBatchCommand? Load();

    public abstract Task ReadAsync(NpgsqlDataReader reader, CancellationToken ct);

    public abstract void Fold();

    /// <summary>The set-based statements that bring the table from the rows before to the rows after; none when nothing changed.</summary>
    public abstract IEnumerable<NpgsqlBatchCommand> Write();

    /// <summary>The first event of the batch that concerns this view.</summary>
    protected abstract Recorded? First { get; }

    protected abstract void Gather(IReadOnlyList<Recorded> events);

    protected abstract void Keep();

    protected abstract void Forget();

    /// <summary>Ends this view's part of the batch right before an event.</summary>
    protected void StopBefore(Recorded happened, Exception cause)
    {
        NextPosition = happened.Position - 1;
        NextFailure = ViewFailure.Of(happened.Position, happened.Stream, cause);
    }
}

internal sealed class ViewFold<TView> : ViewFold where TView : class, IView<TView>
{
    private readonly ViewShape<TView> shape;
    private readonly RowCache<TView> cache;
    private readonly List<(Recorded Happened, Slot Slot)> concerned = [];
    private readonly Dictionary<string, Slot> slots = [];
    private readonly List<string> missing = [];
    private readonly string select, upsert, delete;

    public ViewFold(ViewShape<TView> shape, int cachedRows)
    {
        this.shape = shape;
        cache = new(cachedRows);
        var table = ViewTables.TableOf(shape);
        select = $"select {shape.Columns} from {table} where \"id\" = any($1)";
        delete = $"delete from {table} where \"id\" = any($1)";
        // Lists and documents travel as text: unnest would flatten arrays of arrays.
        var arguments = string.Join(", ", shape.Fields.Select((f, i) => $"${i + 1}::{(f.IsComparable ? f.SqlType : "text")}[]"));
        var values = string.Join(", ", shape.Fields.Select(f => f.IsComparable ? $"n.{f.Quoted}" : $"n.{f.Quoted}::{f.SqlType}"));
        var updates = string.Join(", ", shape.Fields.Skip(1).Select(f => $"{f.Quoted} = excluded.{f.Quoted}"));
        upsert = $"insert into {table} ({shape.Columns}) select {values} from unnest({arguments}) as n({shape.Columns}) "
            + $"on conflict (\"id\") do {(updates.Length == 0 ? "nothing" : $"update set {updates}")}";
    }

    public override ViewShape Shape => shape;

    protected override Recorded? First => concerned.Count > 0 ? concerned[0].Happened : null;

    public override NpgsqlBatchCommand? Load() => missing.Count == 0 ? null : ById(select, missing);

    public override async Task ReadAsync(NpgsqlDataReader reader, CancellationToken ct)
    {
        while (await reader.ReadAsync(ct))
        {
            TView row;
            try
            {
                row = shape.Read(reader);
            }
            catch (Exception e) when (e is not (NpgsqlException or IOException))
            {
                StopBefore(First!, e);
                concerned.Clear();
                slots.Clear();
                return;
            }

            var slot = slots[row.Id];
            slot.Before = slot.After = row;
        }
    }

    public override void Fold()
    {
        foreach (var (happened, slot) in concerned)
        {
            try
            {
                var after = TView.Apply(slot.After, happened);
                if (after is not null && !string.Equals(after.Id, slot.Id, StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"Apply answered with the row of '{after.Id}' where RowOf names '{slot.Id}'.");
                }

                slot.After = after;
            }
            catch (Exception e)
            {
                StopBefore(happened, e);
                return;
            }
        }
    }

    public override IEnumerable<NpgsqlBatchCommand> Write()
    {
        List<string> gone = [];
        List<TView> changed = [];
        foreach (var slot in slots.Values)
        {
            if (slot.After is null)
            {
                if (slot.Before is not null) gone.Add(slot.Id);
            }
            else if (!slot.After.Equals(slot.Before))
            {
                changed.Add(slot.After);
            }
        }

        if (gone.Count > 0) yield return ById(delete, gone);
        if (changed.Count == 0) yield break;
        var command = new NpgsqlBatchCommand(upsert);
        foreach (var array in shape.Arrays(changed)) command.Parameters.Add(array);
        yield return command;
    }

    protected override void Gather(IReadOnlyList<Recorded> events)
    {
        concerned.Clear();
        slots.Clear();
        missing.Clear();
        foreach (var happened in events)
        {
            if (happened.Position <= Position) continue;
            string? id;
            try
            {
                id = TView.RowOf(happened);
                if (id is not null && !FieldCodec.IsStorable(id)) throw new InvalidOperationException("RowOf answered with an id that no text column holds.");
            }
            catch (Exception e)
            {
                StopBefore(happened, e);
                return;
            }

            if (id is null) continue;
            if (!slots.TryGetValue(id, out var slot))
            {
                var row = cache.Find(id);
                slots[id] = slot = new(id) { Before = row, After = row };
                if (row is null) missing.Add(id);
            }

            concerned.Add((happened, slot));
        }
    }

    protected override void Keep()
    {
        foreach (var slot in slots.Values)
        {
            if (slot.After is { } row) cache.Put(slot.Id, row);
            else cache.Remove(slot.Id);
        }
    }

    protected override void Forget() => cache.Clear();

    private static NpgsqlBatchCommand ById(string sql, List<string> ids) => new(sql)
    {
        Parameters = { new() { Value = ids.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } },
    };

    private sealed class Slot(string id)
    {
        public string Id { get; } = id;
        public TView? Before { get; set; }
        public TView? After { get; set; }
    }
}
