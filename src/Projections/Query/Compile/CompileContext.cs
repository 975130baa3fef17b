using System.Globalization;
using IaaS.Domain.Kernel;

using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Past;
using IaaS.Projections.Query.Schema;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Compile;

/// <summary>What all parts of one compilation share. No user's text becomes part of the statement: names are looked up, values are parameters.</summary>
internal sealed class CompileContext(QuerySchema schema, QueryCaller caller, QueryLimits limits, bool past)
{
    private readonly HashSet<QueryKind> used = [];
    private int aliases;
    private int conditions;

    public QueryCaller Caller => caller;

    public QueryLimits Limits => limits;

    public List<NpgsqlParameter> Parameters { get; } = [];

    /// <summary>Whose rows the statement reads.</summary>
    public IReadOnlyCollection<QueryKind> Used => used;

    /// <summary>The first thing that was wrong, and where; what is compiled after it is thrown away.</summary>
    public (Rejection Why, TextSpan At)? Refusal { get; private set; }

    /// <summary>Notes why the query is refused and answers with a condition, so that compilation goes on to its end.</summary>
    public string Refuse(Rejection why, TextSpan at)
    {
        Refusal ??= (why, at);
        return "false";
    }

    public QueryKind? Kind(string name, TextSpan at)
    {
        if (schema.Find(name) is { } kind && kind.IsVisible(caller.IsAdmin)) return kind;
        Refuse(Refusals.UnknownKind(name, schema.Kinds.Where(k => k.IsVisible(caller.IsAdmin)).Select(k => k.Name)), at);
        return null;
    }

    public void CountCondition(TextSpan at)
    {
        if (++conditions > limits.Conditions) Refuse(Refusals.TooManyConditions(limits.Conditions), at);
    }

    public string Alias(char letter = 't') => string.Create(CultureInfo.InvariantCulture, $"{letter}{aliases++}");

    /// <summary>What to read a kind's rows from: its table, or what its rows were at the moment that is asked for.</summary>
    public string Source(QueryKind kind)
    {
        used.Add(kind);
        return past ? PastSources.NameOf(kind) : kind.Table;
    }

    /// <summary>A condition that lets through only what the caller may see; null when that is everything.</summary>
    public string? Tenancy(QueryKind kind, string alias) =>
        caller.Project is { } project && kind.ProjectColumn is { } column ? $"{alias}.{column} = {Parameter(project, NpgsqlDbType.Text)}" : null;

    public string Parameter(object value, NpgsqlDbType type)
    {
        Parameters.Add(new() { Value = value, NpgsqlDbType = type });
        return string.Create(CultureInfo.InvariantCulture, $"${Parameters.Count}");
    }
}
