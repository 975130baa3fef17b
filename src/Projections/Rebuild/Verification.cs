using System.Data;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Projections.Rebuild;

/// <summary>A row that is not what the log makes of it.</summary>
/// <param name="Fields">By the name of each column that differs: what is there, and what should be. Null where there is no row.</param>
public sealed record DifferentRow(string Id, IReadOnlyDictionary<string, FieldPair> Fields);

/// <param name="Is">In the table that serves.</param>
/// <param name="Should">By the log.</param>
public sealed record FieldPair(string? Is, string? Should);

/// <summary>What a comparison of a view with the log has found.</summary>
/// <param name="Position">Where both stood.</param>
/// <param name="Rows">Rows that serve.</param>
/// <param name="Different">In the order of ids; at most <see cref="MostNamed"/>.</param>
/// <param name="OthersDifferent">Past versions and elements of lists that differ, counted only.</param>
public sealed record Verification(long Position, long Rows, IReadOnlyList<DifferentRow> Different, long OthersDifferent)
{
    public const int MostNamed = 100;

    /// <summary>Null when the build stopped at an event that the view cannot take.</summary>
    internal static async Task<Verification?> RunAsync(NpgsqlDataSource db, ShadowBuild build, ViewShape view, string schema, TimeProvider time, CancellationToken ct)
    {
        await build.AdvanceAsync(long.MaxValue, ct);
        while (build.Failure is null)
        {
            await using var connection = await db.OpenConnectionAsync(ct);
            // One snapshot of what serves, and of where it stands.
            await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var position = (await ViewTables.LoadAsync(connection, ct))[view.Name].Position;
            if (build.Position == position) return await CompareAsync(connection, view, schema, position, ct);
            await snapshot.RollbackAsync(ct);
            if (build.Position < position) await build.AdvanceAsync(position, ct);
            // The log may be ahead of the view that serves.
            else await Task.Delay(TimeSpan.FromMilliseconds(50), time, ct);
        }

        return null;
    }

    private static async Task<Verification> CompareAsync(NpgsqlConnection connection, ViewShape view, string schema, long position, CancellationToken ct)
    {
        var rows = await CountAsync(connection, $"select count(*) from {ViewTables.TableOf(view)}", ct);
        var columns = view.Fields.Select(f => f.Quoted).Append("\"#from\"").Append("\"#search\"").ToList();
        string Sum(string alias) => $"md5(row({string.Join(", ", columns.Select(c => $"{alias}.{c}"))})::text)";
        string Cells(string alias) => string.Join(", ", columns.Select(c => $"{alias}.{c}::text"));
        List<DifferentRow> different = [];
        await using (var command = new NpgsqlCommand($"""
            select coalesce(l."id", s."id"), {Cells("l")}, {Cells("s")} from {ViewTables.TableOf(view)} l full join {ViewTables.TableOf(view, schema)} s on s."id" = l."id"
            where {Sum("l")} is distinct from {Sum("s")} order by 1 limit {MostNamed}
            """, connection) { CommandTimeout = 0 })
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) different.Add(Read(reader, columns));
        }

        var others = 0L;
        var pairs = view.Elements.SelectMany(e => new[] { (e.Table, e.TableIn(schema)), (e.PastTable, e.PastTableIn(schema)) }).Prepend((ViewTables.PastOf(view), ViewTables.PastOf(view, schema)));
        foreach (var (live, shadow) in pairs)
        {
            others += await CountAsync(connection, $"select count(*) from ((select l::text from {live} l except all select s::text from {shadow} s) union all (select s::text from {shadow} s except all select l::text from {live} l)) d", ct);
        }

        return new(position, rows, different, others);
    }

    private static DifferentRow Read(NpgsqlDataReader reader, List<string> columns)
    {
        SortedDictionary<string, FieldPair> fields = new(StringComparer.Ordinal);
        for (var i = 0; i < columns.Count; i++)
        {
            var (at, should) = (Text(1 + i), Text(1 + columns.Count + i));
            if (!string.Equals(at, should, StringComparison.Ordinal)) fields[columns[i].Trim('"')] = new(at, should);
        }

        return new(reader.GetString(0), fields);

        string? Text(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
