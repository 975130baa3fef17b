namespace IaaS.Simulation;

/// <summary>How often what goes wrong. Each number is a share of 1,000.</summary>
public sealed record Faults
{
    public static Faults None { get; } = new();

    /// <summary>Everything, often.</summary>
    public static Faults All { get; } = new()
    {
        CommitSlow = 60,
        CommitFails = 25,
        CommitAnswerLost = 25,
        ReadFails = 15,
        CrashBeforeCommit = 6,
        CrashAfterCommit = 6,
        MostCrashes = 4,
        LongOutage = 300,
        WishFails = 40,
        WishFailsForGood = 25,
        WishSlow = 60,
        WishAnswerLost = 15,
        WishFailsAfterEffect = 20,
        WishTwice = 60,
        HostCut = 150,
    };

    public int CommitSlow { get; init; }

    /// <summary>Before it has an effect.</summary>
    public int CommitFails { get; init; }

    /// <summary>It had its effect, and its caller hears of a failure.</summary>
    public int CommitAnswerLost { get; init; }

    public int ReadFails { get; init; }
    public int CrashBeforeCommit { get; init; }
    public int CrashAfterCommit { get; init; }
    public int MostCrashes { get; init; }

    /// <summary>Share of crashes after which the control plane is away for longer than operations may take.</summary>
    public int LongOutage { get; init; }

    public int WishFails { get; init; }
    public int WishFailsForGood { get; init; }
    public int WishSlow { get; init; }

    /// <summary>It has its effect, and nobody ever answers.</summary>
    public int WishAnswerLost { get; init; }

    public int WishFailsAfterEffect { get; init; }
    public int WishTwice { get; init; }

    /// <summary>Share of rounds in which a host is cut off for a while.</summary>
    public int HostCut { get; init; }
}
