using System.Globalization;
using CsCheck;
using IaaS.Domain.Kernel;

namespace IaaS.Query.Tests.Differential;

/// <summary>Random histories of a small data centre: few values, so that conditions match often; rows come, change, go and come again.</summary>
public static class Worlds
{
    public static readonly string[] Texts = ["web", "web-1", "Web", "db%1", "a_b", "it's", "x\\y", "", "ünï", "prod web 1", "10.0.0.5", "😀"];

    public static readonly string[] Tags = ["env::prod", "env::test", "a%b", "team"];

    private static readonly IReadOnlyList<string> None = [];

    public static Gen<T> AnyOf<T>(params IReadOnlyList<T> values) => Gen.Int[0, values.Count - 1].Select(i => values[i]);

    public static Gen<string> Id(string kind, int most) => Gen.Int[1, most].Select(i => string.Create(CultureInfo.InvariantCulture, $"{kind}-{i}"));

    public static Gen<T?> Maybe<T>(Gen<T> gen) where T : class => Gen.Frequency((1, Gen.Const<T?>(() => null)), (3, gen.Select(t => (T?)t)));

    private static Gen<T?> MaybeValue<T>(Gen<T> gen) where T : struct => Gen.Frequency((1, Gen.Const<T?>(() => null)), (3, gen.Select(t => (T?)t)));

    private static readonly Gen<string> Text = AnyOf(Texts);

    private static readonly Gen<IReadOnlyList<string>> TagList = AnyOf(Tags).Array[0, 3].Select(t => (IReadOnlyList<string>)[.. t.Distinct(StringComparer.Ordinal)]);

    private static readonly Gen<Port> AnyPort =
        from id in Id("port", 5)
        from net in Maybe(Id("net", 4))
        from address in Maybe(AnyOf("10.0.0.5", "10.0.0.6", "10.0.1.5"))
        from speed in Gen.Long[1, 3]
        select new Port(id, net, address, speed);

    private static readonly Gen<object> Box =
        from id in Id("box", 12)
        from name in Text
        from description in Maybe(Text)
        from owner in Id("owner", 3)
        from rack in Maybe(Id("rack", 5))
        from state in AnyOf(BoxState.Off, BoxState.Booting, BoxState.On)
        from size in Gen.Long[0, 3]
        from weight in MaybeValue(Gen.Int[-2, 2])
        from rest in Gen.Select(MaybeValue(Gen.Int[0, 2]), Gen.Bool, MaybeValue(Gen.Int[0, 3]), AnyPort.Array[0, 3], TagList)
        select (object)new BoxView(id, name, description, owner, rack, state, new Bytes(size << 30), weight / 2.0, rest.Item1, rest.Item2,
            rest.Item3 is { } day ? IaaS.Projections.Tests.MemoryLog.Start.AddDays(day) : null, rest.Item4, rest.Item5);

    private static readonly Gen<object> Disk =
        from id in Id("disk", 12)
        from name in Text
        from owner in Id("owner", 3)
        from box in Maybe(Id("box", 12))
        from size in Gen.Long[0, 3]
        select (object)new DiskView(id, name, owner, box, new Bytes(size << 30));

    private static readonly Gen<object> Infrastructure = Gen.OneOf(
        Gen.Select(Id("region", 3), Text, TagList).Select(r => (object)new RegionView(r.Item1, r.Item2, r.Item3)),
        Gen.Select(Id("rack", 5), Text, Maybe(Id("region", 3)), Gen.Int[1, 3], MaybeValue(Gen.Int[1, 3])).Select(r => (object)new RackView(r.Item1, r.Item2, r.Item3, r.Item4, r.Item5 / 2.0)),
        Gen.Select(Id("net", 4), Text, Maybe(Text), Id("rack", 5).Array[0, 3]).Select(n => (object)new NetView(n.Item1, n.Item2, n.Item3, n.Item4.Length == 0 ? None : [.. n.Item4.Distinct(StringComparer.Ordinal)])),
        Gen.Select(Id("owner", 3), Text).Select(o => (object)new OwnerView(o.Item1, o.Item2)));

    private static readonly Gen<(string Stream, IEvent Event)> Happening = Gen.Frequency(
        (5, Box.Select(Stream)), (4, Disk.Select(Stream)), (4, Infrastructure.Select(Stream)),
        (1, Gen.Frequency((3, Id("box", 12)), (3, Id("disk", 12)), (1, Id("net", 4)), (1, Id("rack", 5))).Select(id => (id, (IEvent)new Gone()))));

    /// <summary>What happens, in order.</summary>
    public static Gen<(string Stream, IEvent Event)[]> Any { get; } = Happening.Array[40, 160];

    private static (string Stream, IEvent Event) Stream(object row) => ((string)row.GetType().GetProperty("Id")!.GetValue(row)!, new Put(row));
}
