using IaaS.Projections.Query;

namespace IaaS.Api.Kernel;

/// <summary>How a server is started. Everything has a default; nothing needs to be said.</summary>
public sealed record ServerOptions
{
    /// <summary>Where everything is kept that must last.</summary>
    public string DataFolder { get; init; } = "data";

    /// <summary>Where HTTP is served.</summary>
    public string Url { get; init; } = "http://127.0.0.1:8080";

    /// <summary>Where agents dial in (HTTP/2 without TLS); port 0 for any free one.</summary>
    public string AgentUrl { get; init; } = "http://127.0.0.1:8081";

    /// <summary>A PostgreSQL that runs already; null for one of the server's own.</summary>
    public string? Postgres { get; init; }

    /// <summary>Loads a simulated data centre, once.</summary>
    public bool Demo { get; init; }

    /// <summary>Simulated hosts of the demo.</summary>
    public int DemoHosts { get; init; } = 20;

    /// <summary>Makes a further administrator's token, for one who has lost his.</summary>
    public bool NewAdminToken { get; init; }

    /// <summary>Where drivers of further assemblies are; null for those beside the program.</summary>
    public string? DriverFolder { get; init; }

    /// <summary>A JSON file of settings for drivers, a section each; null for their defaults.</summary>
    public string? DriverSettings { get; init; }

    /// <summary>What one query may cost.</summary>
    public QueryLimits Query { get; init; } = new();

    /// <summary>How much is taken in at once.</summary>
    public AdmissionLimits Admission { get; init; } = new();

    public LogLevel LogLevel { get; init; } = LogLevel.Warning;

    /// <summary>How often agents say that they are there. A host's lease is three times as long.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often it is checked whether everything adds up; zero for never.</summary>
    public TimeSpan WatchEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a deleted VM can be recovered; zero destroys it at once.</summary>
    public TimeSpan RecycleFor { get; init; } = TimeSpan.FromDays(7);
}
