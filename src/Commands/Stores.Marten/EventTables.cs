using System.Text.Json;
using System.Text.RegularExpressions;
using IaaS.Domain.Kernel;
using JasperFx;
using JasperFx.Events;
using Marten;
using Npgsql;
using Weasel.Core;

namespace IaaS.Commands.Stores.Marten;

/// <summary>How Marten is told to keep our events, and the check that the database has its tables.</summary>
public static partial class EventTables
{
    public const string DefaultSchema = "events";

    /// <summary>Raised when <see cref="Describe"/> or the function that appends changes what is in the database. Marten's own version is added to it.</summary>
    internal const int Revision = 4;

    /// <summary>jsonb does not keep the order of members, so a type discriminator need not come first when it is read back.</summary>
    internal static JsonSerializerOptions Json { get; } = new(DomainJson.Options) { AllowOutOfOrderMetadataProperties = true };

    /// <param name="writeBuffer">Bytes that are sent by one call, and held for each connection.</param>
    internal static NpgsqlDataSource Open(string connectionString, int writeBuffer = 8_192) => new NpgsqlDataSourceBuilder(
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            // The few statements of the store are prepared on every connection from their first use on.
            MaxAutoPrepare = 50,
            AutoPrepareMinUsages = 1,
            // Nothing is ever set on a session, so there is nothing to reset between two uses of a connection.
            NoResetOnClose = true,
            // The few statements of the store are planned once: for the values of each, planning takes longer than an append. Plans are kept
            // from when the tables were small; they must not be ones that read all of a table.
            Options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off",
            WriteBufferSize = writeBuffer,
            ApplicationName = "iaas-events",
        }.ConnectionString).Build();

    internal static DocumentStore Describe(NpgsqlDataSource source, EventNames names, string schema)
    {
        if (!SchemaName().IsMatch(schema)) throw new ArgumentException($"'{schema}' is not a plain name for a schema.", nameof(schema));
        return DocumentStore.For(options =>
        {
            options.Connection(source);
            options.DatabaseSchemaName = schema;
            // Tables are checked once, at start; never in the middle of a command.
            options.AutoCreateSchemaObjects = AutoCreate.None;
            options.UseSystemTextJsonForSerialization(Json, EnumStorage.AsString, Casing.CamelCase);
            var events = options.Events;
            events.StreamIdentity = StreamIdentity.AsString;
            events.MetadataConfig.CorrelationIdEnabled = true;
            events.MetadataConfig.CausationIdEnabled = true;
            events.MetadataConfig.UserNameEnabled = true;
            foreach (var (name, type) in names.All) events.MapEventType(type, name);
        });
    }

    /// <summary>Marten compares its tables with the database in about a second; a note in the database says when that can be spared.</summary>
    internal static async Task EnsureAsync(NpgsqlDataSource source, DocumentStore marten, string schema, CancellationToken ct)
    {
        var byMarten = $", marten {typeof(DocumentStore).Assembly.GetName().Version}";
        var wanted = $"iaas event tables {Revision}{byMarten}";
        string? before;
        // A copy of the tables alone has the note, and not the function.
        await using (var noted = source.CreateCommand("select obj_description(to_regclass($1), 'pg_class') where to_regproc($2) is not null"))
        {
            noted.Parameters.Add(new() { Value = $"{schema}.mt_events" });
            noted.Parameters.Add(new() { Value = SetBasedAppend.Function(schema) });
            before = await noted.ExecuteScalarAsync(ct) as string;
            if (before == wanted) return;
        }

        // Two processes that start at once on a new database: one creates, the other waits and then finds nothing to do.
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock(hashtext('iaas.event-tables'), hashtext('{schema}'))", ct);
        // The same Marten has nothing to change, and would put back the key that is dropped here, after it has checked it for all events.
        if (before?.EndsWith(byMarten, StringComparison.Ordinal) is not true) await marten.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
        // Both rows are written by one statement and never deleted. Looking each up again took a third of an append.
        await ExecuteAsync(connection, $"alter table {schema}.mt_events drop constraint if exists fkey_mt_events_stream_id", ct);
        // Most streams are written twice within a second. With room on its page for the second version, a row stays out of the index.
        await ExecuteAsync(connection, $"alter table {schema}.mt_streams set (fillfactor = 60)", ct);
        await ExecuteAsync(connection, SetBasedAppend.FunctionDdl(schema), ct);
        await ExecuteAsync(connection, PostgresSnapshots.Table(schema), ct);
        await ExecuteAsync(connection, $"comment on table {schema}.mt_events is '{wanted}'", ct);
        await transaction.CommitAsync(ct);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,40}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemaName();
}
