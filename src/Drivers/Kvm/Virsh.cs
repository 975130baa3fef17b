using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <summary>libvirt, through its command-line client. Starts libvirt's daemons once when they are found missing.</summary>
internal sealed class Virsh(KvmOptions options, LibvirtDaemons daemons, TimeProvider time)
{
    private readonly HostCommand command = new(time);

    public async Task<Ran> RunAsync(CancellationToken ct, params IEnumerable<string> arguments)
    {
        string[] all = ["-q", "-c", options.Uri, .. arguments];
        var ran = await command.RunAsync("virsh", all, options.CommandLimit, ct);
        if (ran.Ok || !ran.Error.Contains("failed to connect", StringComparison.OrdinalIgnoreCase)) return ran;
        return await daemons.EnsureAsync(ct) is Outcome.Failed { Error: var error }
            ? ran with { Error = error.Detail }
            : await command.RunAsync("virsh", all, options.CommandLimit, ct);
    }

    /// <summary>A domain's state in libvirt's words, for example <c>running</c>; null when there is no such domain.</summary>
    public async Task<(string? State, Outcome? Trouble)> StateAsync(string domain, CancellationToken ct)
    {
        var ran = await RunAsync(ct, "domstate", domain);
        if (ran.Ok) return (ran.Output.Trim(), null);
        return IsMissing(ran) ? (null, null) : (null, Failed(ran, $"state of {domain}"));
    }

    public static bool IsMissing(Ran ran) => ran.Error.Contains("failed to get domain", StringComparison.Ordinal);

    public static Outcome Failed(Ran ran, string asked) => ran switch
    {
        { TimedOut: true } => Outcome.Fail("libvirt.too-slow", $"{asked}: {ran.Said}", retry: true),
        { Exit: HostCommand.NotFound } => Outcome.Fail("libvirt.not-installed", $"{asked}: {ran.Said} Install libvirt-clients."),
        _ => Outcome.Fail("libvirt.failed", $"{asked}: {ran.Said}", retry: true),
    };
}
