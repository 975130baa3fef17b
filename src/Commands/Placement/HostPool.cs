using System.Runtime.InteropServices;
using IaaS.Domain.Host;
using IaaS.Projections.Host;

namespace IaaS.Commands.Placement;

/// <summary>Where a host is, as far as networks and shared storages ask. All hosts of a place reach the same of them.</summary>
/// <param name="Simulated">A simulated host has simulated disks only, and a real host real ones.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Place(string Zone, string Cluster, bool Simulated)
{
    public static Place Of(HostView host) => new(host.ZoneId, host.ClusterId, IsSimulated(host.Driver));

    public static bool IsSimulated(string driver) => string.Equals(driver, "simulator", StringComparison.Ordinal);
}

/// <summary>A zone with the hosts that take VMs in its clusters that are enabled.</summary>
internal sealed class ZonePool(string id)
{
    public string Id => id;
    public bool Open { get; set; }
    public HostTree Takers { get; } = new(s => s.Memory);
    public List<HostPool> Pools { get; } = [];

    /// <summary>In all its clusters.</summary>
    public int Hosts { get; set; }

    /// <summary>In those that are enabled: as <see cref="HostPool.Enabled"/>, <see cref="HostPool.Calm"/>, and the simulated of the takers.</summary>
    public int Enabled { get; set; }
    public int Calm { get; set; }
    public int SimulatedTakers { get; set; }

    public int TakersThatAre(bool simulated) => simulated ? SimulatedTakers : Takers.Count - SimulatedTakers;
}

/// <summary>The hosts of one place, counted and sorted by what they can do. Not safe for threads.</summary>
internal sealed class HostPool(Place place, ZonePool zone)
{
    public Place Place => place;
    public ZonePool Zone => zone;

    /// <summary>Its cluster is enabled.</summary>
    public bool Open { get; set; }

    /// <summary>By id: all of them, those that are connected, and of these those that are not in maintenance.</summary>
    public SortedSet<string> All { get; } = new(StringComparer.Ordinal);
    public SortedSet<string> Connected { get; } = new(StringComparer.Ordinal);
    public SortedSet<string> Makers { get; } = new(StringComparer.Ordinal);

    public int Enabled { get; private set; }

    /// <summary>Enabled and not in maintenance.</summary>
    public int Calm { get; private set; }

    /// <summary>Enabled, not in maintenance, connected.</summary>
    public HostTree Takers { get; } = new(s => s.Memory);
    public HostTree TakersByRoom { get; } = new(s => s.Room);

    public void Add(Slot slot)
    {
        var host = slot.Host;
        All.Add(host.Id);
        zone.Hosts++;
        if (IsConnected(host)) Connected.Add(host.Id);
        if (Makes(host)) Makers.Add(host.Id);
        Count(host, 1);
        if (!IsTaker(host)) return;
        Takers.Add(slot);
        TakersByRoom.Add(slot);
        if (Open) Give(slot);
    }

    public void Remove(Slot slot)
    {
        var host = slot.Host;
        All.Remove(host.Id);
        zone.Hosts--;
        Connected.Remove(host.Id);
        Makers.Remove(host.Id);
        Count(host, -1);
        if (!IsTaker(host)) return;
        Takers.Remove(slot);
        TakersByRoom.Remove(slot);
        if (Open) Take(slot);
    }

    /// <summary>The same host with other room on it: the sets by state stay.</summary>
    public void Replace(Slot before, Slot after)
    {
        if (!IsTaker(before.Host)) return;
        Swap(Takers, before, after);
        if (before.Room != after.Room) Swap(TakersByRoom, before, after);
        if (Open) Swap(zone.Takers, before, after);
    }

    public static bool StandsAs(HostView before, HostView after) =>
        before.Enabled == after.Enabled && before.Maintenance == after.Maintenance && string.Equals(before.Status, after.Status, StringComparison.Ordinal);

    public void SetOpen(bool open)
    {
        if (Open == open) return;
        Open = open;
        List<Slot> moved = [];
        Takers.Collect(new(int.MinValue, long.MinValue, Need.NoRoom), moved);
        foreach (var slot in moved)
        {
            if (open) Give(slot);
            else Take(slot);
        }

        zone.Enabled += open ? Enabled : -Enabled;
        zone.Calm += open ? Calm : -Calm;
    }

    private void Give(Slot slot)
    {
        zone.Takers.Add(slot);
        if (Place.Simulated) zone.SimulatedTakers++;
    }

    private void Take(Slot slot)
    {
        zone.Takers.Remove(slot);
        if (Place.Simulated) zone.SimulatedTakers--;
    }

    private void Count(HostView host, int by)
    {
        if (!host.Enabled) return;
        Enabled += by;
        if (Open) zone.Enabled += by;
        if (!IsCalm(host)) return;
        Calm += by;
        if (Open) zone.Calm += by;
    }

    private static void Swap(HostTree tree, Slot before, Slot after)
    {
        tree.Remove(before);
        tree.Add(after);
    }

    public static bool Makes(HostView host) => IsConnected(host) && IsCalm(host);
    public static bool IsConnected(HostView host) => string.Equals(host.Status, "Connected", StringComparison.Ordinal);

    private static bool IsTaker(HostView host) => host.Enabled && IsCalm(host) && IsConnected(host);
    private static bool IsCalm(HostView host) => host.Maintenance is HostMaintenance.None;
}
