using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>The set-based statements that bring the tables of a view from the rows before a batch to the rows after it.</summary>
internal sealed class RowWriter<TView>(ViewShape<TView> shape, string schema) where TView : class, IView<TView>
{
    private readonly ElementWriter<TView>[] lists = [.. shape.Elements.Select((e, i) => new ElementWriter<TView>(shape, e, i, schema))];
    private readonly string delete = $"delete from {ViewTables.TableOf(shape, schema)} where \"id\" = any($1)";
    private readonly string upsert = $"insert into {ViewTables.TableOf(shape, schema)} ({shape.Columns}, \"#search\", \"#from\") select {Values(shape)}, n.\"#from\" from {Rows(shape, "#from")} "
        + $"on conflict (\"id\") do update set {string.Join(", ", shape.Fields.Skip(1).Select(f => f.Quoted).Append("\"#search\"").Append("\"#from\"").Select(c => $"{c} = excluded.{c}"))}";

    private readonly string keep = $"insert into {ViewTables.PastOf(shape, schema)} ({shape.Columns}, \"#search\", \"#from\", \"#until\") "
        + $"select {Values(shape)}, n.\"#from\", n.\"#until\" from {Rows(shape, "#from", "#until")}";

    /// <summary>
    /// Rows of arrays, side by side. Unnested in the from clause, each array's elements would be kept before they are joined. Lists and
    /// documents travel as text: unnest would flatten arrays of arrays.
    /// </summary>
    private static string Rows(ViewShape shape, params string[] positions) =>
        $"(select {string.Join(", ", shape.Fields.Select(f => (Type: f.IsComparable ? f.SqlType : "text", Column: f.Quoted)).Append(("text", "\"#search\"")).Concat(positions.Select(p => ("bigint", $"\"{p}\"")))
            .Select((c, i) => $"unnest(${i + 1}::{c.Item1}[]) as {c.Item2}"))}) n";

    public IEnumerable<NpgsqlBatchCommand> Write(IReadOnlyCollection<RowSlot<TView>> slots)
    {
        var ended = slots.SelectMany(s => s.Ended).ToList();
        if (ended.Count > 0) yield return Insert(keep, [.. ended.Select(e => e.Version)], [.. ended.Select(e => e.Until)]);
        var gone = slots.Where(s => s is { After: null, Before: not null }).Select(s => s.Id).ToArray();
        if (gone.Length > 0) yield return new(delete) { Parameters = { new() { Value = gone, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text } } };
        var changed = slots.Select(s => (s.Before, s.After)).Where(s => s.After is not null && s.After.From != s.Before?.From).Select(s => s.After!).ToList();
        if (changed.Count > 0) yield return Insert(upsert, changed, until: null);
        foreach (var list in lists)
        {
            foreach (var command in list.Write(slots)) yield return command;
        }
    }

    private static string Values(ViewShape shape) => string.Join(", ", shape.Fields.Select(f => f.IsComparable ? $"n.{f.Quoted}" : $"n.{f.Quoted}::{f.SqlType}")
        .Append("array_to_tsvector(n.\"#search\"::text[])"));

    private NpgsqlBatchCommand Insert(string sql, List<VersionedRow<TView>> rows, long[]? until)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var array in shape.ArraysWithWords([.. rows.Select(r => r.Row)])) command.Parameters.Add(array);
        command.Parameters.Add(new() { Value = rows.Select(r => r.From).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        if (until is not null) command.Parameters.Add(new() { Value = until, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return command;
    }
}
