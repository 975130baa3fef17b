using Microsoft.Extensions.Logging;
using Npgsql;

namespace IaaS.Postgres;

/// <summary>
/// A PostgreSQL server of the control plane's own: one cluster in its data folder, on a private Unix socket, supervised. It ends with
/// the process that started it, however that ends; what a hard end leaves behind, the next start puts in order.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    internal const string User = "iaas";

    private const string Database = "iaas";

    /// <summary>So often in a row the server may end while it starts: the rest of a killed one may need a moment to go.</summary>
    private const int FailuresAllowed = 20;

    private readonly ClusterFolder folder;
    private readonly Postmaster postmaster;
    private readonly TimeProvider clock;
    private int disposed;

    private EmbeddedPostgres(ClusterFolder folder, string binaries, ILogger logger, TimeProvider clock)
    {
        (this.folder, this.clock) = (folder, clock);
        postmaster = new Postmaster(folder, binaries, logger);
        ConnectionString = For(Database, pooling: true);
    }

    /// <summary>Of the database, as its superuser, over the private socket.</summary>
    public string ConnectionString { get; }

    /// <summary>Of the server that a control plane runs in its data folder, for tools beside it, and for itself before it runs. Nothing is started.</summary>
    public static string ConnectionStringOf(string dataFolder, bool pooling = false) => For(ClusterFolder.SocketFolderOf(dataFolder), Database, pooling);

    /// <summary>The server's process; null for the moment between the end of one and the start of the next.</summary>
    public int? ProcessId => postmaster.ProcessId;

    /// <summary>Starts the server in <c>postgres</c> within the data folder, making the cluster the first time, and waits until it answers.</summary>
    /// <exception cref="EmbeddedPostgresException">
    /// PostgreSQL is not installed or of another version, the folder is in use or closed to PostgreSQL's user, or the server does not start.
    /// </exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        string dataFolder, ILogger logger, TimeProvider clock, CancellationToken ct = default)
    {
        var claimed = ClusterFolder.Claim(dataFolder);
        EmbeddedPostgres? server = null;
        try
        {
            var binaries = Binaries.Find(claimed.Version);
            await claimed.CreateAsync(binaries, ct);
            await claimed.StopLeftoverAsync(clock, ct);
            server = new(claimed, binaries, logger, clock);
            await server.ReadyAsync(ct);
            return server;
        }
        catch
        {
            if (server is null) claimed.Dispose();
            else await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the server answers and has our database. After a hard end that includes its recovery.</summary>
    public async Task ReadyAsync(CancellationToken ct)
    {
        for (; ; await Task.Delay(TimeSpan.FromMilliseconds(15), clock, ct))
        {
            try
            {
                await using var connection = new NpgsqlConnection(For(Database, pooling: false));
                await connection.OpenAsync(ct);
                postmaster.Ready();
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
            {
                await CreateDatabaseAsync(ct);
            }
            catch (NpgsqlException e) when (e is not PostgresException || e.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                if (postmaster.Failures > FailuresAllowed)
                    throw new EmbeddedPostgresException($"PostgreSQL does not start on {folder.Data}. It said: {folder.StartLogTail()}", e);
            }
        }
    }

    /// <summary>Stops the server, writing everything out, and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await postmaster.StopAsync(clock);
        postmaster.Dispose();
        folder.Dispose();
    }

    private async Task CreateDatabaseAsync(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(For("postgres", pooling: false));
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand($"create database {Database}", connection);
        await command.ExecuteNonQueryAsync(ct);
    }

    private string For(string database, bool pooling) => For(folder.SocketFolder, database, pooling);

    private static string For(string socketFolder, string database, bool pooling) => new NpgsqlConnectionStringBuilder
    {
        Host = socketFolder,
        Database = database,
        Username = User,
        Pooling = pooling,
        Timeout = 15,
        MaxPoolSize = 40,
    }.ConnectionString;
}
