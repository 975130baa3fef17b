using IaaS.Commands.Stores.Marten;
using IaaS.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Stores.Tests;

/// <summary>One server for all tests of stores, in a folder that goes with it.</summary>
public sealed class PostgresFixture : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public EmbeddedPostgres Server { get; private set; } = null!;

    public MartenEventStore Store { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await EmbeddedPostgres.StartAsync(folder.Path, NullLogger.Instance, TimeProvider.System);
        Store = await OpenAsync();
    }

    public Task<MartenEventStore> OpenAsync(string schema = EventTables.DefaultSchema) =>
        MartenEventStore.StartAsync(Server.ConnectionString, Given.Names, TimeProvider.System, schema);

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        await Server.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();
}

[CollectionDefinition(Name)]
public sealed class PostgresTests : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}

/// <summary>A folder for one test, gone afterwards.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = Directory.CreateTempSubdirectory("iaas-test-").FullName;
        // The server may run as another user than the test.
        File.SetUnixFileMode(Path, (UnixFileMode)0b111_101_101);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
