using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>The statements that keep the elements of one list in step with the rows that have them.</summary>
internal sealed class ElementWriter<TView>(ViewShape<TView> shape, ElementShape list, int index, string schema) where TView : class, IView<TView>
{
    // Lists that began before the batch: the table knows when.
    private readonly string keepStored = $"insert into {list.PastTableIn(schema)} (\"#owner\", \"#no\", \"#project\", {list.Columns}, \"#from\", \"#until\") "
        + $"select p.\"#owner\", p.\"#no\", p.\"#project\", {string.Join(", ", list.Fields.Select(f => $"p.{f.Quoted}"))}, p.\"#from\", n.until "
        + $"from unnest($1::text[], $2::bigint[], $3::bigint[]) as n(owner, until, boundary) join {list.TableIn(schema)} p on p.\"#owner\" = n.owner and p.\"#from\" <= n.boundary";

    private readonly string keepNew = $"insert into {list.PastTableIn(schema)} (\"#owner\", \"#no\", \"#project\", {list.Columns}, \"#from\", \"#until\") {Unpack(list, ", n.\"until\"", ", unnest($5::bigint[]) as \"until\"")}";
    private readonly string delete = $"delete from {list.TableIn(schema)} where \"#owner\" = any($1)";
    private readonly string insert = $"insert into {list.TableIn(schema)} (\"#owner\", \"#no\", \"#project\", {list.Columns}, \"#from\") {Unpack(list, "", "")}";

    public IEnumerable<NpgsqlBatchCommand> Write(IEnumerable<RowSlot<TView>> slots)
    {
        List<(string Owner, long Until)> stored = [];
        List<(string Owner, TView Row, long From, long Until)> ended = [];
        List<(string Owner, TView Row, long From)> standing = [];
        foreach (var slot in slots)
        {
            var changes = slot.Lists.Where(c => c.List == index).ToList();
            if (changes.Count == 0) continue;
            stored.Add((slot.Id, changes[0].At));
            foreach (var (change, next) in changes.Zip(changes.Skip(1)))
            {
                if (change.Now is { } row && ViewHistory.IsKept(change.At, next.At)) ended.Add((slot.Id, row, change.At, next.At));
            }

            if (changes[^1].Now is { } last) standing.Add((slot.Id, last, changes[^1].At));
        }

        if (stored.Count == 0) yield break;
        var owners = Text(stored.Select(s => s.Owner));
        yield return new(keepStored) { Parameters = { owners, Whole(stored.Select(s => s.Until)), Whole(stored.Select(s => ViewHistory.BoundaryBefore(s.Until))) } };
        yield return new(delete) { Parameters = { Text(stored.Select(s => s.Owner)) } };
        if (ended.Count > 0)
        {
            yield return new(keepNew)
            {
                Parameters = { Text(ended.Select(e => e.Owner)), Text(ended.Select(e => Project(e.Row))), Text(ended.Select(e => Json(e.Row))), Whole(ended.Select(e => e.From)), Whole(ended.Select(e => e.Until)) },
            };
        }

        if (standing.Count == 0) yield break;
        yield return new(insert)
        {
            Parameters = { Text(standing.Select(s => s.Owner)), Text(standing.Select(s => Project(s.Row))), Text(standing.Select(s => Json(s.Row))), Whole(standing.Select(s => s.From)) },
        };
    }

    private static string Unpack(ElementShape list, string value, string until) =>
        $"select n.owner, x.\"#no\", n.project, {string.Join(", ", list.Fields.Select(f => $"x.{f.Quoted}"))}, n.\"from\"{value} "
        + $"from (select unnest($1::text[]) as owner, unnest($2::text[]) as project, unnest($3::text[]) as list, unnest($4::bigint[]) as \"from\"{until}) n cross join lateral {list.Unpacked("n.list::jsonb")} x";

    private string? Project(TView row) => shape.Project is { } project ? (string?)shape.ValueOf(project, row) : null;

    private string Json(TView row) => (string)shape.ValueOf(list.List, row)!;

    private static NpgsqlParameter Text(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Whole(IEnumerable<long> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
