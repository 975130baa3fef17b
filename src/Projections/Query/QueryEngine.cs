using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Past;
using IaaS.Projections.Query.Schema;
using Npgsql;

namespace IaaS.Projections.Query;

/// <summary>Answers queries: one parameterised statement each, on one snapshot, within the caller's bounds.</summary>
public sealed class QueryEngine
{
    private readonly QueryDatabase db;
    private readonly PastMoments moments;
    private readonly Func<IEnumerable<string>> stale;

    /// <param name="feed">The log, for moments of the past.</param>
    /// <param name="stale">Views whose past is not known at this moment.</param>
    public QueryEngine(QueryDatabase db, QuerySchema schema, IFeed feed, TimeProvider time, QueryLimits? limits = null, Func<IEnumerable<string>>? stale = null)
    {
        this.db = db;
        this.stale = stale ?? (() => []);
        Schema = schema;
        Limits = limits ?? new();
        moments = new(db.Lookups, feed, time);
    }

    public QuerySchema Schema { get; }

    public QueryLimits Limits { get; }

    internal PastMoments Moments => moments;

    /// <summary>The answer. Refused with <c>query.*</c>; throws when the database cannot be reached.</summary>
    /// <param name="text">What was parsed, so that a refusal can point into it; null when there is none.</param>
    public async Task<Answer<QueryAnswer>> AskAsync(QuerySyntax query, QueryCaller caller, CancellationToken ct, string? text = null)
    {
        var (statement, refusal, position) = await PrepareAsync(query, caller, text, ct);
        if (statement is null) return refusal!;
        try
        {
            var (compiled, sql) = statement.Value;
            return (compiled.OfSome is not null && position is null ? await ReadAsync(compiled, compiled.OfSome, query, position, ct) : null)
                ?? await ReadAsync(compiled, sql, query, position, ct)
                ?? throw new InvalidOperationException("The position stands in every answer.");
        }
        catch (Exception e) when (IsTimeOut(e) && !ct.IsCancellationRequested)
        {
            return Refusals.TooSlow(Limits.Time);
        }
    }

    /// <summary>The statement of a query, with its plan: what the database would do, without doing it.</summary>
    public async Task<Answer<QueryPlan>> ExplainAsync(QuerySyntax query, QueryCaller caller, CancellationToken ct, string? text = null)
    {
        var (statement, refusal, _) = await PrepareAsync(query, caller, text, ct);
        if (statement is null) return refusal!;
        await using var command = Command(statement.Value.Query, $"explain {statement.Value.Sql}");
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<string> plan = [];
        while (await reader.ReadAsync(ct)) plan.Add(reader.GetString(0));
        return new QueryPlan(statement.Value.Sql, plan);
    }

    private async Task<((CompiledQuery Query, string Sql)? Statement, Rejection? Refusal, long? Position)> PrepareAsync(
        QuerySyntax query, QueryCaller caller, string? text, CancellationToken ct)
    {
        long? position = null;
        if (query.AsOf is { } moment)
        {
            switch (await moments.PositionAsync(moment, ct))
            {
                case Answer<long>.Given { Value: var found }: position = found; break;
                case Answer<long>.Refused { Reason: var why }: return (null, Places.In(why, moment.At, text), null);
            }
        }

        var context = new CompileContext(Schema, caller, Limits, past: position is not null);
        if (QueryCompiler.Compile(context, query) is not { } compiled) return (null, Places.In(context.Refusal!.Value.Why, context.Refusal.Value.At, text), null);
        if (position is not null && compiled.Context.Used.Select(k => k.View.Name).Intersect(stale(), StringComparer.Ordinal).FirstOrDefault() is { } unknown) return (null, Refusals.Rebuilding(unknown), null);
        var sql = position is { } at ? await PastSources.UnderAsync(compiled, await moments.ReadAsync(at, ct), db.Lookups, ct) : compiled.Sql;
        return ((compiled, sql), null, position);
    }

    private NpgsqlCommand Command(CompiledQuery query, string sql)
    {
        var command = (query.IsLookup ? db.Lookups : db.Any).CreateCommand(sql);
        // A little more than the database itself allows, so that its own time-out is what is seen.
        command.CommandTimeout = (int)Math.Ceiling(Limits.Time.TotalSeconds) + 1;
        foreach (var parameter in query.Context.Parameters) command.Parameters.Add(parameter);
        return command;
    }

    private static bool IsTimeOut(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or NpgsqlException { InnerException: TimeoutException };

    /// <returns>Null when the database answered nothing at all.</returns>
    private async Task<QueryAnswer?> ReadAsync(CompiledQuery compiled, string sql, QuerySyntax query, long? asOf, CancellationToken ct)
    {
        const int First = 3;
        await using var command = Command(compiled, sql);
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!reader.HasRows)
        {
            // They belong to one command at a time, and the next one wants them.
            command.Parameters.Clear();
            return null;
        }

        List<IReadOnlyList<object?>> rows = [];
        var starts = compiled.Starts;
        var (position, total, last, next) = (0L, (long?)null, (string?)null, (string?)null);
        while (await reader.ReadAsync(ct))
        {
            // A row is in memory, whole, once it is read.
            position = reader.IsDBNull(0) ? 0 : reader.GetInt64(0);
            total = reader.IsDBNull(1) ? null : reader.GetInt64(1);
            if (reader.IsDBNull(2)) break;
            if (rows.Count == compiled.Limit)
            {
                // The row behind the page tells that there is one; the cursor stands at the page's last.
                next = last;
                break;
            }

            var row = new object?[compiled.Cells.Count];
            for (var i = 0; i < row.Length; i++) row[i] = compiled.Cells[i].Read(reader, First + starts[i]);
            rows.Add(row);
            if (rows.Count == compiled.Limit) last = PageCursor.Encode(Keys(reader, compiled), compiled.Order);
        }

        return new QueryAnswer(query.Name?.Text, compiled.Kind.Name, [.. compiled.Cells.Select(c => c.Key)], rows, next, total, asOf ?? position) { Views = [.. compiled.Context.Used.Select(k => k.View).Distinct()] };
    }

    private static IEnumerable<object?> Keys(NpgsqlDataReader reader, CompiledQuery compiled) =>
        Enumerable.Range(3 + compiled.Starts[^1], compiled.Keys).Select(i => Cells.Read(reader, i, json: false));
}

/// <param name="Sql">The statement, with <c>$1</c> and so on where values go.</param>
/// <param name="Plan">PostgreSQL's plan, a line each.</param>
public sealed record QueryPlan(string Sql, IReadOnlyList<string> Plan);
