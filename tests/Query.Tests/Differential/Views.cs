using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;

namespace IaaS.Query.Tests.Differential;

/// <summary>A row became this. The views of this test take their rows from events as they are, so that any world can be made.</summary>
public sealed record Put(object Row) : IEvent;

public sealed record Gone : IEvent;

public enum BoxState { Off, Booting, On }

public sealed record RegionView(string Id, string Name, IReadOnlyList<string> Tags) : IView<RegionView>
{
    public static ViewType Type { get; } = new("region", 1, []) { Plural = "regions", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "region");

    public static RegionView? Apply(RegionView? row, Recorded happened) => (happened.Event as Put)?.Row as RegionView;
}

public sealed record RackView(string Id, string Name, string? RegionId, int Height, double? Power) : IView<RackView>
{
    public static ViewType Type { get; } = new("rack", 1, [new("region", "region", "regionId")], ProjectField: null, "regionId") { Plural = "racks" };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "rack");

    public static RackView? Apply(RackView? row, Recorded happened) => (happened.Event as Put)?.Row as RackView;
}

public sealed record NetView(string Id, string Name, string? Description, IReadOnlyList<string> RackIds) : IView<NetView>
{
    public static ViewType Type { get; } = new("net", 1, [new("racks", "rack", "rackIds")]) { Plural = "nets", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "net");

    public static NetView? Apply(NetView? row, Recorded happened) => (happened.Event as Put)?.Row as NetView;
}

public sealed record OwnerView(string Id, string Name) : IView<OwnerView>
{
    public static ViewType Type { get; } = new("owner", 1, [], ProjectField: "id") { Plural = "owners", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "owner");

    public static OwnerView? Apply(OwnerView? row, Recorded happened) => (happened.Event as Put)?.Row as OwnerView;
}

public sealed record Port(string Id, string? NetId, string? Address, long Speed);

public sealed record BoxView(
    string Id, string Name, string? Description, string OwnerId, string? RackId, BoxState State, Bytes Size, double? Weight, int? Slots, bool Alive,
    DateTimeOffset? BootedAt, IReadOnlyList<Port> Ports, IReadOnlyList<string> Tags) : IView<BoxView>
{
    public static ViewType Type { get; } = new("box", 1,
    [
        new("owner", "owner", "ownerId"), new("rack", "rack", "rackId"), new("ports.net", "net", "ports.netId") { Inverse = "ports" },
    ], ProjectField: "ownerId", "rackId", "ports.address", "tags")
    { Plural = "boxes", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "box");

    public static BoxView? Apply(BoxView? row, Recorded happened) => (happened.Event as Put)?.Row as BoxView;
}

public sealed record DiskView(string Id, string Name, string OwnerId, string? BoxId, Bytes Size) : IView<DiskView>
{
    public static ViewType Type { get; } = new("disk", 1, [new("owner", "owner", "ownerId"), new("box", "box", "boxId")], ProjectField: "ownerId", "boxId")
    {
        Plural = "disks",
        Access = ViewAccess.Everyone,
        Hidden = ["secret"],
    };

    public string Secret => $"secret of {Id}";

    public static string? RowOf(Recorded happened) => ResourceRow.Of(happened, "disk");

    public static DiskView? Apply(DiskView? row, Recorded happened) => (happened.Event as Put)?.Row as DiskView;
}
