namespace IaaS.Agent;

/// <param name="ControlPlane">Base address of any node, for example <c>http://10.0.0.1:5000</c>.</param>
/// <param name="Token">Needed once, to enrol; null afterwards.</param>
/// <param name="DataFolder">Keeps who the agent is, what it has done, and what its drivers keep.</param>
/// <param name="Name">How people call the host.</param>
public sealed record AgentOptions(Uri ControlPlane, string? Token, string DataFolder, string Name)
{
    /// <summary>Longest pause between two attempts to connect.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause before the second attempt; it doubles from there.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often it is looked whether the guard is needed and there.</summary>
    public TimeSpan GuardEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Acknowledged results that are remembered, so that a task asked again is answered and not carried out again.</summary>
    public int RememberedResults { get; init; } = 10_000;
}
