using IaaS.Domain.Vm;

namespace IaaS.Commands.Host;

/// <summary>What it means that a host has a domain, or has it not.</summary>
public enum Finding
{
    /// <summary>The log says the same.</summary>
    Agrees,

    /// <summary>An operation changes the VM. It is left to that.</summary>
    Changing,

    /// <summary>It runs where it was before nobody knew.</summary>
    Back,

    /// <summary>By the log it runs here, and it does not.</summary>
    Missing,

    /// <summary>Nobody knew where it was, and it does not run here.</summary>
    StillMissing,

    /// <summary>By the log the VM is not here: it was given away.</summary>
    Stray,

    /// <summary>The log knows nothing of it. It is reported, and left alone.</summary>
    Stranger,
}

/// <summary>Compares the log with a host, one VM at a time. It only says what is; who asks decides what is done.</summary>
public static class Reconciliation
{
    /// <param name="state">By the log; the empty state for what it does not know.</param>
    /// <param name="here">Whether by the log the VM is on this host.</param>
    /// <param name="domain">On the host; null for none.</param>
    public static Finding Of(VmState state, bool here, FoundDomain? domain) => (state, here, domain) switch
    {
        (_, _, { Ours: false }) or ({ Phase: VmPhase.Absent }, _, not null) => Finding.Stranger,
        ({ IsBusy: true }, _, _) => Finding.Changing,
        (_, false, not null) => Finding.Stray,
        ({ Phase: VmPhase.Unknown }, true, { Running: true }) => Finding.Back,
        ({ Phase: VmPhase.Unknown }, true, _) => Finding.StillMissing,
        ({ Phase: VmPhase.Running or VmPhase.Paused }, true, not { Running: true }) => Finding.Missing,
        _ => Finding.Agrees,
    };
}
