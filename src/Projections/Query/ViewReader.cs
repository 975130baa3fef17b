using IaaS.Projections.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Query;

/// <summary>Reads single rows of one kind, typed. Everything else is a query.</summary>
public sealed class ViewReader<TView>(NpgsqlDataSource db) where TView : class, IView<TView>
{
    private readonly ViewShape<TView> shape = ViewShape.Of<TView>();

    /// <summary>One row; null when there is none or it is another project's. A null project is an administrator's, who sees all. Throws when the database cannot be reached.</summary>
    public async Task<TView?> FindAsync(string id, string? project, CancellationToken ct)
    {
        if (!FieldCodec.IsStorable(id)) return null;
        await using var command = db.CreateCommand($"select {shape.Columns} from {ViewTables.TableOf(shape)} where \"id\" = $1");
        command.Parameters.Add(new() { Value = id, NpgsqlDbType = NpgsqlDbType.Text });
        if (project is not null && shape.Project is { } owner)
        {
            // A project that no row can have sees no row; it must never see them all.
            if (owner.Parse(project) is not { } value) return null;
            command.CommandText += $" and {owner.Quoted} = $2";
            command.Parameters.Add(new() { Value = value, NpgsqlDbType = owner.Codec.DbType });
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? shape.Read(reader) : null;
    }

    /// <summary>Those of some ids that there are, in any order, whose ever they are. Throws when the database cannot be reached.</summary>
    public async Task<IReadOnlyList<TView>> FindAllAsync(IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        await using var command = db.CreateCommand($"select {shape.Columns} from {ViewTables.TableOf(shape)} where \"id\" = any($1)");
        command.Parameters.Add(new() { Value = ids.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<TView> rows = [];
        while (await reader.ReadAsync(ct)) rows.Add(shape.Read(reader));
        return rows;
    }
}
