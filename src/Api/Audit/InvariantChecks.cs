using IaaS.Commands.Audit;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Api.Audit;

/// <summary>What one check saw.</summary>
/// <param name="Oldest">When the oldest operation began that was open as the check began; null for none.</param>
/// <param name="Took">What its statements took, without the rests between them.</param>
public sealed record Checked(IReadOnlyList<AuditFinding> Findings, DateTimeOffset? Oldest, TimeSpan Took);

/// <summary>Looks at every row of the cloud, some at a time: it must never be in anybody's way.</summary>
public sealed class InvariantChecks(NpgsqlDataSource db, TimeProvider time)
{
    /// <summary>Of each invariant.</summary>
    private const int MostFindings = 1_000;

    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(40);

    /// <param name="rest">Called after each statement with what it took, and awaited.</param>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task<Checked> RunAsync(Func<TimeSpan, Task> rest, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(rest);
        List<AuditFinding> all = [];
        var (oldest, worked) = (await OldestAsync(ct), TimeSpan.Zero);
        foreach (var statement in InvariantStatement.All)
        {
            var (many, found) = (1, new List<AuditFinding>());
            for (string? after = ""; after is not null && found.Count < MostFindings;)
            {
                var begun = time.GetTimestamp();
                after = await LookAsync(statement.Sql, after, many, found, ct);
                var took = time.GetElapsedTime(begun);
                worked += took;
                if (took < Short) many = Math.Min(2 * many, statement.MostRows);
                if (took > Long) many = Math.Max(many / 2, 1);
                await rest(took);
            }

            all.AddRange(found.Take(MostFindings));
        }

        return new(all, oldest, worked);
    }

    private async Task<DateTimeOffset?> OldestAsync(CancellationToken ct)
    {
        await using var look = db.CreateCommand("select min(created_at) from read.view_op where state in ('Running', 'Undoing')");
        return await look.ExecuteScalarAsync(ct) is DateTime began ? new DateTimeOffset(DateTime.SpecifyKind(began, DateTimeKind.Utc)) : null;
    }

    /// <returns>Where to go on; null at the end.</returns>
    private async Task<string?> LookAsync(string statement, string after, int many, List<AuditFinding> found, CancellationToken ct)
    {
        await using var batch = db.CreateBatch();
        // Until the end of the batch. A storage with millions of volumes is looked at as a whole, by one processor and not by all of them.
        batch.BatchCommands.Add(new("select set_config('max_parallel_workers_per_gather', '0', true), set_config('statement_timeout', '30s', true)"));
        batch.BatchCommands.Add(new(statement) { Parameters = { new NpgsqlParameter<string> { TypedValue = after }, new NpgsqlParameter<int> { TypedValue = many, NpgsqlDbType = NpgsqlDbType.Integer } } });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        string? next = null;
        while (await reader.ReadAsync(ct))
        {
            if (await reader.IsDBNullAsync(0, ct)) next = await reader.IsDBNullAsync(1, ct) ? null : reader.GetString(1);
            else found.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }

        return next;
    }
}
