using System.Globalization;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query;

/// <summary>A list as one parameterised statement.</summary>
/// <param name="Sql">Answers with the fields in declaration order, and the total after them when it was asked for.</param>
/// <param name="SortField">What the rows are sorted by, before their id.</param>
internal sealed record CompiledList(string Sql, IReadOnlyList<NpgsqlParameter> Parameters, ViewField SortField);

/// <summary>Compiles a <see cref="ListQuery"/>. No user's text becomes part of the statement: names are looked up, values are parameters.</summary>
internal sealed class ListCompiler
{
    private readonly ViewShape view;
    private readonly List<NpgsqlParameter> parameters = [];
    private readonly List<string> conditions = [];

    private ListCompiler(ViewShape view) => this.view = view;

    public static Answer<CompiledList> Compile(ViewShape view, ListQuery query) => new ListCompiler(view).Compile(query);

    private Answer<CompiledList> Compile(ListQuery query)
    {
        if (query.Limit is < 1 or > ListQuery.MaxLimit) return QueryErrors.BadLimit(query.Limit);
        var descending = query.Sort.StartsWith('-');
        var sortName = descending ? query.Sort[1..] : query.Sort;
        if (view.Find(sortName) is not { } sort) return QueryErrors.UnknownField(view, sortName);
        if (!sort.IsComparable) return QueryErrors.NotComparable(sort);
        if (query.Filters.Select(f => AddFilter(f.Key, f.Value)).FirstOrDefault(refused => refused is not null) is { } reason) return reason;
        if (view.Project is { } project && query.Project is { } whose) AddTenancy(project, whose);
        var all = Where();
        if (query.After is not null)
        {
            if (Cursor.Decode(query.After, view, query.Sort) is not { } cursor) return QueryErrors.BadCursor;
            if (!TryAddKeyset(sort, descending, cursor)) return QueryErrors.BadCursor;
        }

        var table = ViewTables.TableOf(view);
        // One row more than the page tells whether there is another page.
        var limit = (query.Limit + 1).ToString(CultureInfo.InvariantCulture);
        var page = $"select {view.Columns} from {table}{Where()} order by {Order(sort, descending)} limit {limit}";
        // The left join keeps the total when the page is empty.
        var sql = query.WithTotal
            ? $"with page as ({page}), total as (select count(*) as \"#total\" from {table}{all}) select page.*, total.\"#total\" from total left join page on true order by {Order(sort, descending)}"
            : page;
        return new CompiledList(sql, parameters, sort);
    }

    private Rejection? AddFilter(string name, string? text)
    {
        if (view.Find(name) is not { } field) return QueryErrors.UnknownField(view, name);
        if (!field.IsComparable) return QueryErrors.NotComparable(field);
        if (text is null)
        {
            conditions.Add($"{field.Quoted} is null");
            return null;
        }

        if (field.Parse(text) is not { } value) return QueryErrors.BadValue(field, text);
        conditions.Add($"{field.Quoted} = {Parameter(value, field.Codec.DbType)}");
        return null;
    }

    // A project that no row can have sees no row; it must never see them all.
    private void AddTenancy(ViewField project, string whose) =>
        conditions.Add(project.Parse(whose) is { } value ? $"{project.Quoted} = {Parameter(value, project.Codec.DbType)}" : "false");

    private bool TryAddKeyset(ViewField sort, bool descending, Cursor cursor)
    {
        if (!FieldCodec.IsStorable(cursor.Id)) return false;
        var than = descending ? "<" : ">";
        var id = Parameter(cursor.Id, NpgsqlDbType.Text);
        if (ReferenceEquals(sort, view.Fields[0]))
        {
            conditions.Add($"\"id\" {than} {id}");
        }
        else if (cursor.Value is null)
        {
            if (!sort.IsNullable) return false;
            conditions.Add($"{sort.Quoted} is null and \"id\" {than} {id}");
        }
        else
        {
            if (sort.Parse(cursor.Value) is not { } value) return false;
            var further = $"({sort.Quoted}, \"id\") {than} ({Parameter(value, sort.Codec.DbType)}, {id})";
            conditions.Add(sort.IsNullable ? $"({further} or {sort.Quoted} is null)" : further);
        }

        return true;
    }

    /// <summary>Where a column holds no nulls the order is left bare, so that one index serves both directions.</summary>
    private string Order(ViewField sort, bool descending)
    {
        var direction = descending ? " desc" : "";
        return ReferenceEquals(sort, view.Fields[0])
            ? $"\"id\"{direction}"
            : $"{sort.Quoted}{direction}{(sort.IsNullable ? " nulls last" : "")}, \"id\"{direction}";
    }

    private string Where() => conditions.Count == 0 ? "" : $" where {string.Join(" and ", conditions)}";

    private string Parameter(object value, NpgsqlDbType type)
    {
        parameters.Add(new() { Value = value, NpgsqlDbType = type });
        return string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
    }
}
