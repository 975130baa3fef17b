namespace IaaS.Agent;

/// <summary>Which drivers a host uses.</summary>
public static class DriverChoice
{
    /// <param name="text">
    /// <c>kvm</c>; another single name for the drivers of that name of every kind; or a list such as <c>hypervisor/kvm,storage/local</c>.
    /// </param>
    public static IReadOnlyList<(string Kind, string Name)> Parse(string text) => text switch
    {
        "kvm" => [("hypervisor", "kvm"), ("storage", "local"), ("network", "linux-bridge")],
        _ when text.Contains('/', StringComparison.Ordinal) =>
            [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Pair)],
        _ => [("hypervisor", text), ("storage", text), ("network", text)],
    };

    private static (string Kind, string Name) Pair(string text) =>
        text.Split('/') is [var kind, var name] ? (kind, name) : throw new KeyNotFoundException($"'{text}' is not kind/name.");
}

/// <summary>What drivers may ask for in the agent.</summary>
internal sealed class AgentServices : IServiceProvider
{
    private readonly Random random = new();

    public object? GetService(Type serviceType) =>
        serviceType == typeof(TimeProvider) ? TimeProvider.System
        : serviceType == typeof(Func<double>) ? (Func<double>)random.NextDouble
        : null;
}
