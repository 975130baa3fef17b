using System.Text.Json;
using System.Text.RegularExpressions;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// Linux bridges. A bridge that is missing is made and stays: other VMs of the network need it. The tap is made by QEMU when the VM
/// starts and goes with it; what a crash leaves of it is removed with the NIC. VLANs are not there yet.
/// </summary>
[Driver("network", "linux-bridge")]
public sealed partial class LinuxBridge(KvmOptions options, TimeProvider time) : INetwork
{
    private readonly HostCommand command = new(time);

    public async Task<Outcome> EnsureNicAsync(EnsureNic wish, CancellationToken ct)
    {
        var bridge = wish.Nic.Bridge;
        if (!DeviceName().IsMatch(bridge))
            return Outcome.Fail("network.bad-bridge-name", $"'{bridge}' cannot name a bridge: 1 to 15 letters, digits, dots, dashes.");
        if (wish.Nic.Vlan is not null)
            return Outcome.Fail("network.vlan-not-supported", "The driver linux-bridge does not tag frames.");

        switch (await KindOfAsync(bridge, ct))
        {
            case null:
                // Another wish may have made it meanwhile, so the answer is in the second look.
                var added = await IpAsync(ct, "link", "add", "name", bridge, "type", "bridge", "forward_delay", "0");
                if (await KindOfAsync(bridge, ct) is not "bridge") return Failed(added, $"make the bridge {bridge}");
                break;
            case not "bridge" and var other:
                return Outcome.Fail("network.not-a-bridge", $"{bridge} exists on this host and is a {other} device.");
        }

        var up = await IpAsync(ct, "link", "set", "dev", bridge, "up");
        return up.Ok ? new Outcome.Done(bridge) : Failed(up, $"bring {bridge} up");
    }

    public async Task<Outcome> EnsureNicAbsentAsync(EnsureNicAbsent wish, CancellationToken ct)
    {
        var tap = DomainXml.TapOf(wish.NicId);
        if (await KindOfAsync(tap, ct) is null) return new Outcome.Done();
        var deleted = await IpAsync(ct, "link", "delete", "dev", tap);
        return deleted.Ok || await KindOfAsync(tap, ct) is null ? new Outcome.Done() : Failed(deleted, $"remove {tap}");
    }

    /// <summary>The device's kind, for example <c>bridge</c> or <c>tun</c>; null when there is no such device.</summary>
    private async Task<string?> KindOfAsync(string device, CancellationToken ct)
    {
        var ran = await IpAsync(ct, "-details", "-json", "link", "show", "dev", device);
        if (!ran.Ok) return null;
        using var json = JsonDocument.Parse(ran.Output);
        return json.RootElement[0].TryGetProperty("linkinfo", out var info) && info.TryGetProperty("info_kind", out var kind)
            ? kind.GetString()
            : "physical";
    }

    private Task<Ran> IpAsync(CancellationToken ct, params IEnumerable<string> arguments) =>
        command.RunAsync("ip", arguments, options.CommandLimit, ct);

    private static Outcome Failed(Ran ran, string asked) => Outcome.Fail("network.failed", $"{asked}: {ran.Said}", retry: true);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$", RegexOptions.None, 1000)]
    private static partial Regex DeviceName();
}
