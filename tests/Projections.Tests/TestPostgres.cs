using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace IaaS.Projections.Tests;

/// <summary>One PostgreSQL for all tests, on a socket in a folder of its own; each test takes a database of its own.</summary>
public sealed class TestPostgres : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("iaas-views-").FullName;
    private Process? server;
    private int databases;

    public string ConnectionString => $"Host={folder};Username=postgres;Database=postgres";

    /// <summary>A data source on a new, empty database.</summary>
    public async Task<NpgsqlDataSource> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        await using var admin = NpgsqlDataSource.Create(ConnectionString);
        await using var command = admin.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, MaxPoolSize = 10 });
    }

    public async Task InitializeAsync()
    {
        var data = Path.Combine(folder, "data");
        if (Environment.IsPrivilegedProcess) await Launch("/bin/chown", ["postgres", folder]).WaitForExitAsync();
        using var creating = Start("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        await creating.WaitForExitAsync();
        server = Start("postgres", ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=50"]);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
        var ready = new TaskCompletionSource();
        server.ErrorDataReceived += (_, line) => { if (line.Data?.Contains("ready to accept", StringComparison.Ordinal) is true) ready.TrySetResult(); };
        server.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public Task DisposeAsync()
    {
        Stop();
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    private void Stop()
    {
        if (server is not { HasExited: false }) return;
        server.Kill(entireProcessTree: true);
        server.WaitForExit();
    }

    // PostgreSQL refuses to run as root.
    private static Process Start(string program, string[] arguments)
    {
        var path = Path.Combine(Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last(), "bin", program);
        return Environment.IsPrivilegedProcess
            ? Launch("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : Launch(path, arguments);
    }

    private static Process Launch(string path, string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = "/" };
        return Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start.");
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<TestPostgres>
{
    public const string Name = "postgres";
}
