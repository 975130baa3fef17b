using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using IaaS.Api.Agents;
using IaaS.Api.Audit;
using IaaS.Api.Demo;
using IaaS.Api.Vm;
using IaaS.Commands.Host;
using IaaS.Commands.Hosts.Orleans;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Placement;
using IaaS.Commands.Stores.Marten;
using IaaS.Domain.Kernel;
using IaaS.Postgres;
using IaaS.Projections.Cluster;
using IaaS.Projections.Host;
using IaaS.Projections.Image;
using IaaS.Projections.Kernel;
using IaaS.Projections.Network;
using IaaS.Projections.Offering;
using IaaS.Projections.Project;
using IaaS.Projections.Query;
using IaaS.Projections.Rebuild;
using IaaS.Projections.Storage;
using IaaS.Projections.Token;
using IaaS.Projections.Zone;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;

namespace IaaS.Api.Kernel;

/// <summary>One running control plane: its database, its loops, its silo, its HTTP.</summary>
[SuppressMessage("Maintainability", "CA1506", Justification = "The composition root knows every part; nothing else does.")]
public sealed class Server : IAsyncDisposable
{
    private static readonly Assembly[] Parts = [typeof(IEvent).Assembly, typeof(OperationEngine).Assembly, typeof(IFeed).Assembly, typeof(Server).Assembly];

    private static readonly Type[] Live =
    [
        typeof(ZoneView), typeof(ClusterView), typeof(HostView), typeof(OfferingView), typeof(DiskOfferingView), typeof(ImageView),
        typeof(StorageView), typeof(L2View), typeof(L3View), typeof(ProjectView), typeof(TokenView), typeof(AgentView),
    ];

    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> loops = [];
    private readonly EmbeddedPostgres? postgres;
    private readonly WebApplication app;

    private Server(WebApplication app, EmbeddedPostgres? postgres) => (this.app, this.postgres) = (app, postgres);

    public IServiceProvider Services => app.Services;

    /// <summary>Where HTTP is served, with the port that it got.</summary>
    public string Url => app.Urls.First();

    /// <summary>A new administrator's token, when this start made one: on the first start, and when asked to.</summary>
    public string? AdminToken { get; private set; }

    /// <summary>Completes when something asked the server to end, for example a signal.</summary>
    public Task Ended => app.WaitForShutdownAsync();

    /// <exception cref="EmbeddedPostgresException">The database cannot be started; the message says what to do.</exception>
    public static async Task<Server> StartAsync(ServerOptions options, CancellationToken ct)
    {
        var connection = options.Postgres ?? EmbeddedPostgres.ConnectionStringOf(options.DataFolder, pooling: true);
        // Half of a start is the compiling of what is used first: what needs no database is made while that starts.
        var opening = Task.Run(() => OpenDatabaseAsync(options, connection, ct), ct);
        MartenEventStore? store = null;
        Server? server = null;
        try
        {
            var built = Build(options, connection, () => store ?? throw new InvalidOperationException("The log is not open yet."));
            (var own, store) = await opening;
            server = new Server(built, own);
            built.UseHttp(Parts);
            await server.OpenAsync(options, ct);
            return server;
        }
        catch
        {
            if (server is not null) await server.DisposeAsync();
            else if (await opening.ContinueWith(o => o.IsCompletedSuccessfully, TaskScheduler.Default)) await CloseAsync(await opening);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await stopping.CancelAsync();
        await Task.WhenAll(loops);
        await app.DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
        stopping.Dispose();
    }

    private static async Task<(EmbeddedPostgres? Own, MartenEventStore Store)> OpenDatabaseAsync(ServerOptions options, string connection, CancellationToken ct)
    {
        using var logs = LoggerFactory.Create(l => l.AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(options.LogLevel));
        var own = options.Postgres is null
            ? await EmbeddedPostgres.StartAsync(options.DataFolder, logs.CreateLogger<EmbeddedPostgres>(), TimeProvider.System, ct)
            : null;
        try
        {
            return (own, await MartenEventStore.StartAsync(connection, new EventNames(Parts), TimeProvider.System, ct: ct));
        }
        catch
        {
            if (own is not null) await own.DisposeAsync();
            throw;
        }
    }

    private static async Task CloseAsync((EmbeddedPostgres? Own, MartenEventStore Store) database)
    {
        await database.Store.DisposeAsync();
        if (database.Own is { } own) await own.DisposeAsync();
    }

    private static WebApplication Build(ServerOptions options, string connection, Func<MartenEventStore> store)
    {
        // All settings are options of the command. The usual way is to watch the folder where it was started, and all below it, for a file of settings:
        // with the data in there, that is each segment of PostgreSQL's log.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(options.LogLevel)
            // Orleans runs each placement through Polly, which tells of each.
            .AddFilter("Polly", LogLevel.Warning)
            // It recommends a garbage collector that takes far more memory, and warns of each moment in which the machine was busy.
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Error)
            .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        var data = new NpgsqlDataSourceBuilder(connection) { Name = "iaas" }.Build();
        var node = $"node-{Environment.MachineName.ToLowerInvariant()}-{Base32.Encode(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToByteArray().AsSpan(8))}";
        builder.Services.AddSingleton(data);
        builder.Services.AddKeyedSingleton(ProjectorDatabase.Key, (_, _) => ProjectorDatabase.Open(connection));
        builder.Services.AddSingleton(options.Query);
        builder.Services.AddSingleton(_ => QueryDatabase.Open(connection, options.Query));
        // Made by a factory, so that it is disposed with the rest.
        builder.Services.AddSingleton<IEventStore>(_ => store());
        builder.Services.AddSingleton(_ => store().Snapshots);
        builder.Services.AddSingleton(options);
        builder.Services.AddEngine(Parts, node);
        builder.Services.AddPipeline(Parts);
        builder.Services.AddReadModels(Parts, Live);
        builder.Services.AddSingleton<IStreams, OrleansStreams>();
        builder.Services.AddSingleton<Tokens>();
        builder.Services.AddSingleton<ApiHost>();
        builder.Services.AddSingleton<RecycleBin>();
        builder.Services.AddSingleton(new WatchOptions(options.WatchEvery));
        builder.Services.AddSingleton<InvariantChecks>();
        builder.Services.AddSingleton<InvariantWatch>();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<Admission>();
        builder.Services.AddDrivers(options);
        builder.Host.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0)
            // Most streams are touched for a moment and then not for days; what is used all the time stays.
            .Configure<GrainCollectionOptions>(o => (o.CollectionAge, o.CollectionQuantum) = (TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(15)))
            // Its tables have room for all of it from the start: 19 MB for the million that is the default.
            .Configure<GrainDirectoryOptions>(o => o.CacheSize = 100_000)
            .ConfigureServices(s => s.AddSerializer(o => o.AddJsonSerializer(t => t.Namespace?.StartsWith("IaaS.", StringComparison.Ordinal) == true, DomainJson.Options))));
        builder.AddHttp(options);
        return builder.Build();
    }

    private async Task OpenAsync(ServerOptions options, CancellationToken ct)
    {
        var services = app.Services;
        var db = services.GetRequiredService<NpgsqlDataSource>();
        await services.GetRequiredService<ViewTables>().EnsureAsync(TimeProvider.System.GetUtcNow(), ct);
        foreach (var view in Live)
        {
            dynamic table = services.GetRequiredService(typeof(LiveTable<>).MakeGenericType(view));
            await (Task)table.SeedAsync(db, ct);
            await (Task)table.CatchUpAsync(ct);
            Loop($"the replica of {view.Name}", () => (Task)table.RunAsync(stopping.Token));
        }

        var commits = services.GetRequiredService<GroupCommit>();
        var projector = services.GetRequiredService<Projector>();
        Loop("the writer", () => OwnThread.RunAsync("writer", () => commits.RunAsync(stopping.Token)));
        Loop("the projector", () => projector.RunAsync(stopping.Token));
        // Not waited for: until it has built them, views of an earlier declaration serve.
        Loop("the rebuilder", () => services.GetRequiredService<Rebuilder>().RunAsync(stopping.Token));
        _ = services.GetRequiredService<CloudMap>();
        await app.StartAsync(ct);

        services.GetRequiredService<AgentAddress>().Port = app.Urls.Select(u => new Uri(u).Port).Last();
        var head = await services.GetRequiredService<IEventStore>().HeadAsync(ct);
        await projector.WaitForAsync(head, Timeout.InfiniteTimeSpan, ct);
        var engine = services.GetRequiredService<OperationEngine>();
        await engine.ResumeAsync(services.GetRequiredService<IOpenOperations>(), services.GetRequiredService<INodes>(), ct);
        await services.GetRequiredService<AgentLink>().ForgetConnectionsAsync(services.GetRequiredService<LiveTable<HostView>>().All);
        Loop("the sweep of open operations", () => SweepAsync(engine, services));
        Loop("the watch over sums", () => services.GetRequiredService<InvariantWatch>().RunAsync(stopping.Token));
        Loop("the watch over hosts", () => WatchAsync(services.GetRequiredService<HostWatch>()));
        AdminToken = await Bootstrap.RunAsync(services, options);
        if (options.Demo) await DemoCloud.LoadAsync(services, options.DemoHosts);
        services.GetRequiredService<Readiness>().IsReady = true;
    }

    /// <summary>Now and then looks for operations that nobody runs, and for what has been in the recycle bin for its time.</summary>
    private async Task SweepAsync(OperationEngine engine, IServiceProvider services)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10), TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stopping.Token))
        {
            try
            {
                await engine.ResumeAsync(services.GetRequiredService<IOpenOperations>(), services.GetRequiredService<INodes>(), stopping.Token);
                await services.GetRequiredService<RecycleBin>().EmptyAsync(stopping.Token);
            }
            catch (Exception e) when (e is NpgsqlException or StoreUnavailableException)
            {
                Logs.Retrying(app.Logger, e);
            }
        }
    }

    private async Task WatchAsync(HostWatch watch)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stopping.Token))
        {
            try
            {
                await watch.TickAsync(stopping.Token);
            }
            catch (Exception e) when (e is NpgsqlException or StoreUnavailableException)
            {
                Logs.Retrying(app.Logger, e);
            }
        }
    }

    private void Loop(string name, Func<Task> run) => loops.Add(Task.Run(async () =>
    {
        try
        {
            await run();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Logs.LoopEnded(app.Logger, e, name);
            app.Lifetime.StopApplication();
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }));

    /// <summary>Silos of one machine must not take each other's port.</summary>
    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>Whether the server has caught up with its log and taken over what an earlier run left open.</summary>
public sealed class Readiness
{
    public bool IsReady { get; set; }
}
