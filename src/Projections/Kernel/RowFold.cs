using IaaS.Domain.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>One view inside a projector, with its rows typed.</summary>
internal sealed class ViewFold<TView> : ViewFold where TView : class, IView<TView>
{
    private readonly ViewShape<TView> shape;
    private readonly RowWriter<TView> writer;
    private readonly RowCache<VersionedRow<TView>> cache;
    private readonly List<(Recorded Happened, RowSlot<TView> Slot)> concerned = [];
    private readonly Dictionary<string, RowSlot<TView>> slots = [];
    private readonly List<string> missing = [];
    private readonly string select;

    public ViewFold(ViewShape<TView> shape, int cachedRows, string schema)
    {
        this.shape = shape;
        writer = new(shape, schema);
        cache = new(cachedRows);
        select = $"select {shape.Columns}, \"#from\" from {ViewTables.TableOf(shape, schema)} where \"id\" = any($1)";
    }

    public override ViewShape Shape => shape;

    protected override Recorded? First => concerned.Count > 0 ? concerned[0].Happened : null;

    public override NpgsqlBatchCommand? Load() => missing.Count == 0 ? null : new(select)
    {
        Parameters = { new() { Value = missing.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } },
    };

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

            slots[row.Id].Load(new(row, reader.GetInt64(shape.Fields.Count)));
        }
    }

    public override void Fold()
    {
        foreach (var (happened, slot) in concerned)
        {
            try
            {
                var after = TView.Apply(slot.After?.Row, happened);
                if (after is not null && !string.Equals(after.Id, slot.Id, StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"Apply answered with the row of '{after.Id}' where RowOf names '{slot.Id}'.");
                }

                slot.Apply(after, happened.Position, shape);
            }
            catch (Exception e)
            {
                StopBefore(happened, e);
                return;
            }
        }
    }

    public override IEnumerable<NpgsqlBatchCommand> Write() => writer.Write(slots.Values);

    protected override void Gather(IReadOnlyList<Recorded> events)
    {
        concerned.Clear();
        slots.Clear();
        missing.Clear();
        foreach (var happened in events)
        {
            if (happened.Position <= Position || Skipped.Contains(happened.Position)) continue;
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
                slots[id] = slot = new(id);
                if (cache.Find(id) is { } row) slot.Load(row);
                // With the first event of its own stream a row begins: there is none to read.
                else if (happened.Version > 1 || !string.Equals(id, happened.Stream, StringComparison.Ordinal)) missing.Add(id);
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
}
