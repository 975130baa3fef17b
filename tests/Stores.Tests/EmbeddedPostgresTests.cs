using System.Diagnostics;
using IaaS.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace IaaS.Stores.Tests;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_first_start_makes_a_cluster_and_the_second_finds_it()
    {
        await using (var first = await StartAsync())
        {
            Assert.Equal("UTF8/C", await QueryAsync(first, "select pg_encoding_to_char(encoding) || '/' || datcollate from pg_database where datname = current_database()"));
            Assert.Equal("", await QueryAsync(first, "select current_setting('listen_addresses')"));
            Assert.Equal("on/on", await QueryAsync(first, "select current_setting('fsync') || '/' || current_setting('synchronous_commit')"));
            await QueryAsync(first, "create table kept (id int); insert into kept values (7); select ''");
        }

        await using var second = await StartAsync();
        Assert.Equal("7", await QueryAsync(second, "select id::text from kept"));
    }

    [Fact]
    public async Task A_killed_server_is_started_again()
    {
        await using var server = await StartAsync();
        await QueryAsync(server, "create table kept (id int); insert into kept values (7); select ''");
        var before = server.ProcessId;
        await server.KillAsync();
        await server.ReadyAsync(CancellationToken.None);
        Assert.NotEqual(before, server.ProcessId);
        Assert.Equal("7", await QueryAsync(server, "select id::text from kept"));
    }

    [Fact]
    public async Task A_server_left_over_from_a_killed_control_plane_is_replaced()
    {
        string data;
        await using (var first = await StartAsync()) data = await QueryAsync(first, "select current_setting('data_directory')");
        using var leftover = StartByHand(data);
        await using var server = await StartAsync();
        await leftover.WaitForExitAsync();
        Assert.NotEqual(leftover.Id, server.ProcessId);
        Assert.Equal("1", await QueryAsync(server, "select '1'"));
    }

    [Fact]
    public async Task A_process_id_left_behind_that_is_now_something_else_is_no_obstacle()
    {
        string data;
        await using (var first = await StartAsync()) data = await QueryAsync(first, "select current_setting('data_directory')");
        await File.WriteAllTextAsync(Path.Combine(data, "postmaster.pid"), $"{Environment.ProcessId}\n{data}\n1\n5432\n\n\n");
        await using var server = await StartAsync();
        Assert.Equal("1", await QueryAsync(server, "select '1'"));
    }

    [Fact]
    public async Task A_folder_in_use_is_refused()
    {
        await using var first = await StartAsync();
        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(StartAsync);
        Assert.Contains("in use by another control plane", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", await QueryAsync(first, "select '1'"));
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_gets_its_socket_elsewhere()
    {
        var deep = Directory.CreateDirectory(Path.Combine(folder.Path, new string('d', 60), new string('e', 60))).FullName;
        await using var server = await EmbeddedPostgres.StartAsync(deep, NullLogger.Instance, TimeProvider.System);
        Assert.Equal("1", await QueryAsync(server, "select '1'"));
        Directory.Delete(new NpgsqlConnectionStringBuilder(server.ConnectionString).Host!, recursive: true);
    }

    [Fact]
    public async Task A_folder_that_the_servers_user_cannot_reach_is_refused_with_the_way_out()
    {
        if (!Environment.IsPrivilegedProcess) return;
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var refused = await Assert.ThrowsAsync<EmbeddedPostgresException>(StartAsync);
        Assert.Contains($"chmod o+x {folder.Path}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_server_leaves_no_process()
    {
        int process;
        await using (var server = await StartAsync()) process = server.ProcessId!.Value;
        Assert.False(Directory.Exists($"/proc/{process}"));
    }

    private Task<EmbeddedPostgres> StartAsync() => EmbeddedPostgres.StartAsync(folder.Path, NullLogger.Instance, TimeProvider.System);

    private static Process StartByHand(string data)
    {
        var binaries = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last();
        string[] user = Environment.IsPrivilegedProcess ? ["--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
        var start = new ProcessStartInfo("setpriv", [.. user, $"{binaries}/bin/postgres", "-D", data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={data}"])
        {
            WorkingDirectory = "/",
        };
        var process = Process.Start(start)!;
        Assert.True(SpinWait.SpinUntil(
            () => File.Exists(Path.Combine(data, "postmaster.pid")) && File.ReadAllText(Path.Combine(data, "postmaster.pid")).Contains("ready", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20)));
        return process;
    }

    private static async Task<string> QueryAsync(EmbeddedPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
