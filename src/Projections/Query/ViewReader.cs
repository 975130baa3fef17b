using IaaS.Projections.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query;

/// <summary>Reads the rows of one kind. The face for endpoints that are made from the shape alone; rows are records of <see cref="ViewShape.View"/>.</summary>
public abstract class ViewReader
{
    private protected ViewReader() { }

    public abstract ViewShape Shape { get; }

    /// <summary>One page. Refused with <c>query.*</c>; throws when the database cannot be reached.</summary>
    public abstract Task<Answer<ListPage<object>>> ListRowsAsync(ListQuery query, CancellationToken ct);

    /// <summary>One row; null when there is none or it is another project's. A null project is an operator's, who sees all.</summary>
    public abstract Task<object?> FindRowAsync(string id, string? project, CancellationToken ct);

    public static ViewReader For(ViewShape shape, NpgsqlDataSource db) =>
        (ViewReader)Activator.CreateInstance(typeof(ViewReader<>).MakeGenericType(shape.View), db)!;
}

/// <summary>Reads the rows of one kind, typed.</summary>
public sealed class ViewReader<TView>(NpgsqlDataSource db) : ViewReader where TView : class, IView<TView>
{
    private readonly ViewShape<TView> shape = ViewShape.Of<TView>();

    public override ViewShape Shape => shape;

    /// <inheritdoc cref="ViewReader.ListRowsAsync"/>
    public async Task<Answer<ListPage<TView>>> ListAsync(ListQuery query, CancellationToken ct)
    {
        switch (ListCompiler.Compile(shape, query))
        {
            case Answer<CompiledList>.Given { Value: var compiled }: return await ReadAsync(compiled, query, ct);
            case Answer<CompiledList>.Refused { Reason: var reason }: return reason;
            case var other: throw new InvalidOperationException($"{other} is neither given nor refused.");
        }
    }

    /// <inheritdoc cref="ViewReader.FindRowAsync"/>
    public async Task<TView?> FindAsync(string id, string? project, CancellationToken ct)
    {
        if (!FieldCodec.IsStorable(id)) return null;
        await using var command = db.CreateCommand($"select {shape.Columns} from {ViewTables.TableOf(shape)} where \"id\" = $1");
        command.Parameters.Add(new() { Value = id, NpgsqlDbType = NpgsqlDbType.Text });
        if (project is not null && shape.Project is { } owner)
        {
            if (owner.Parse(project) is not { } value) return null;
            command.CommandText += $" and {owner.Quoted} = $2";
            command.Parameters.Add(new() { Value = value, NpgsqlDbType = owner.Codec.DbType });
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? shape.Read(reader) : null;
    }

    public override async Task<Answer<ListPage<object>>> ListRowsAsync(ListQuery query, CancellationToken ct) => await ListAsync(query, ct) switch
    {
        Answer<ListPage<TView>>.Given { Value: var page } => new ListPage<object>(page.Rows, page.Next, page.Total),
        Answer<ListPage<TView>>.Refused { Reason: var reason } => reason,
        var other => throw new InvalidOperationException($"{other} is neither given nor refused."),
    };

    public override async Task<object?> FindRowAsync(string id, string? project, CancellationToken ct) => await FindAsync(id, project, ct);

    private async Task<ListPage<TView>> ReadAsync(CompiledList compiled, ListQuery query, CancellationToken ct)
    {
        await using var command = db.CreateCommand(compiled.Sql);
        foreach (var parameter in compiled.Parameters) command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<TView> rows = [];
        long? total = null;
        while (await reader.ReadAsync(ct))
        {
            if (query.WithTotal) total = reader.GetInt64(shape.Fields.Count);
            if (!await reader.IsDBNullAsync(0, ct)) rows.Add(shape.Read(reader));
        }

        if (rows.Count <= query.Limit) return new(rows, Next: null, total);
        rows.RemoveAt(rows.Count - 1);
        var value = shape.ValueOf(compiled.SortField, rows[^1]);
        return new(rows, new Cursor(value is null ? null : ViewField.Write(value), rows[^1].Id).Encode(shape, query.Sort), total);
    }
}
