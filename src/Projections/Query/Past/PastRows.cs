using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Past;

/// <summary>Rows of one view that changed between a boundary and a moment, as they had become.</summary>
internal abstract record ChangedRows(string[] Ids)
{
    public abstract int Count { get; }

    /// <summary>One array for each column, and one of the words to search: the arguments of <see cref="PastRows.Unnested"/>.</summary>
    public abstract IEnumerable<NpgsqlParameter> Arrays();
}

internal sealed record ChangedRows<TView>(string[] Ids, IReadOnlyList<TView> Rows) : ChangedRows(Ids) where TView : class, IView<TView>
{
    public override int Count => Rows.Count;

    public override IEnumerable<NpgsqlParameter> Arrays() => ViewShape.Of<TView>().ArraysWithWords(Rows);
}

/// <summary>Folds what happened since a boundary over the rows as they were at it.</summary>
internal abstract class PastRows
{
    public abstract Task<ChangedRows> ReadAsync(PastMoment moment, NpgsqlDataSource db, CancellationToken ct);

    /// <summary>Whether an event is about a row of the view.</summary>
    public abstract bool Concerns(Recorded happened);

    public static PastRows For(ViewShape view) => (PastRows)Activator.CreateInstance(typeof(PastRows<>).MakeGenericType(view.View))!;

    /// <summary>The rows that stand in parameters, with the columns of the view's table.</summary>
    public static string Unnested(ViewShape view, string[] arrays)
    {
        var arguments = string.Join(", ", view.Fields.Select((f, i) => $"{arrays[i]}::{(f.IsComparable ? f.SqlType : "text")}[]").Append($"{arrays[^1]}::text[]"));
        var values = string.Join(", ", view.Fields.Select(f => $"n.{f.Quoted}{(f.IsComparable ? "" : $"::{f.SqlType}")}{ViewTables.Collation(f)} as {f.Quoted}"));
        return $"select {values}, array_to_tsvector(n.\"#search\"::text[]) as \"#search\" from unnest({arguments}) as n({view.Columns}, \"#search\")";
    }
}

internal sealed class PastRows<TView> : PastRows where TView : class, IView<TView>
{
    private readonly ViewShape<TView> shape = ViewShape.Of<TView>();

    public override async Task<ChangedRows> ReadAsync(PastMoment moment, NpgsqlDataSource db, CancellationToken ct)
    {
        var concerned = moment.Since.Select(e => (Event: e, Id: TView.RowOf(e))).Where(c => c.Id is not null).ToList();
        var ids = concerned.Select(c => c.Id!).Distinct(StringComparer.Ordinal).ToArray();
        if (ids.Length == 0) return new ChangedRows<TView>(ids, []);
        Dictionary<string, TView?> rows = new(StringComparer.Ordinal);
        await foreach (var row in AtAsync(moment.Boundary, ids, db, ct)) rows[row.Id] = row;
        foreach (var (happened, id) in concerned) rows[id!] = TView.Apply(rows.GetValueOrDefault(id!), happened);
        return new ChangedRows<TView>(ids, [.. rows.Values.OfType<TView>()]);
    }

    public override bool Concerns(Recorded happened) => TView.RowOf(happened) is not null;

    private async IAsyncEnumerable<TView> AtAsync(long boundary, string[] ids, NpgsqlDataSource db, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = db.CreateCommand($"""
            select {shape.Columns} from {ViewTables.TableOf(shape)} where "id" = any($1) and "#from" <= $2
            union all select {shape.Columns} from {ViewTables.PastOf(shape)} where "id" = any($1) and "#from" <= $2 and "#until" > $2
            """);
        command.Parameters.Add(new() { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = boundary, NpgsqlDbType = NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return shape.Read(reader);
    }
}
