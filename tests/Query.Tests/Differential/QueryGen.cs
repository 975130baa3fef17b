using System.Globalization;
using CsCheck;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;

namespace IaaS.Query.Tests.Differential;

/// <summary>Random queries over the views of this test: all that the language has, right in names and types.</summary>
public sealed class QueryGen(PCG chance, bool admin, long head)
{
    private static readonly TextSpan Nowhere = new(0, 0);

    private static readonly Dictionary<string, (string Name, FieldKind Kind)[]> Fields = new()
    {
        ["region"] = [("id", FieldKind.Text), ("name", FieldKind.Text), ("tags", FieldKind.TextList)],
        ["rack"] = [("id", FieldKind.Text), ("name", FieldKind.Text), ("regionId", FieldKind.Text), ("height", FieldKind.Whole), ("power", FieldKind.Number)],
        ["net"] = [("id", FieldKind.Text), ("name", FieldKind.Text), ("description", FieldKind.Text), ("rackIds", FieldKind.TextList)],
        ["owner"] = [("id", FieldKind.Text), ("name", FieldKind.Text)],
        ["box"] = [("id", FieldKind.Text), ("name", FieldKind.Text), ("description", FieldKind.Text), ("ownerId", FieldKind.Text), ("rackId", FieldKind.Text), ("state", FieldKind.Choice),
            ("size", FieldKind.Bytes), ("weight", FieldKind.Number), ("slots", FieldKind.Whole), ("alive", FieldKind.Truth), ("bootedAt", FieldKind.Instant), ("tags", FieldKind.TextList)],
        ["box.ports"] = [("id", FieldKind.Text), ("netId", FieldKind.Text), ("address", FieldKind.Text), ("speed", FieldKind.Whole)],
        ["disk"] = [("id", FieldKind.Text), ("name", FieldKind.Text), ("ownerId", FieldKind.Text), ("boxId", FieldKind.Text), ("size", FieldKind.Bytes)],
    };

    private static readonly Dictionary<string, (string Name, string Target, bool Many)[]> Relations = new()
    {
        ["region"] = [("racks", "rack", true)],
        ["rack"] = [("region", "region", false), ("boxes", "box", true), ("nets", "net", true)],
        ["net"] = [("racks", "rack", true), ("ports", "box.ports", true)],
        ["owner"] = [("boxes", "box", true), ("disks", "disk", true)],
        ["box"] = [("owner", "owner", false), ("rack", "rack", false), ("ports", "box.ports", true), ("disks", "disk", true)],
        ["box.ports"] = [("net", "net", false), ("box", "box", false)],
        ["disk"] = [("owner", "owner", false), ("box", "box", false)],
    };

    public QuerySyntax Next()
    {
        var kind = Pick([.. Fields.Keys.Where(k => !k.Contains('.') && (admin || k != "rack"))]);
        var query = new QuerySyntax(kind, Nowhere) { Where = One(5) ? null : Condition(kind, 3), AsOf = One(2) ? Moment() : null, WithTotal = One(3), Limit = new(1 + Below(6), Nowhere) };
        return One(4) ? Grouped(query) : query with
        {
            Return = One(4) ? null : [.. Enumerable.Range(0, 1 + Below(4)).Select(i => new ReturnSyntax(Returned(kind), $"r{i}", Nowhere))],
            OrderBy = [.. Enumerable.Range(0, Below(3)).Select(_ => new OrderSyntax(One(4) ? PerRow(kind, numbers: true) : new PathExpressionSyntax(ToOne(kind, comparable: true)), One(2)))],
        };
    }

    private MomentSyntax Moment()
    {
        var boundary = Below((int)(head / ViewHistory.Granularity) + 1) * (long)ViewHistory.Granularity;
        var position = Below(4) switch { 0 => boundary, 1 => boundary - 1, 2 => boundary + 1, _ => Below((int)head + 1) };
        return new(Math.Clamp(position, 0, head).ToString(CultureInfo.InvariantCulture), IsPosition: true, Nowhere);
    }

    private QuerySyntax Grouped(QuerySyntax query)
    {
        var groups = Enumerable.Range(0, Below(3)).Select(_ => ToOne(query.Kind, comparable: true)).DistinctBy(QueryPrinter.Print).ToList();
        var aggregates = Enumerable.Range(0, 1 + Below(3)).Select(i => new ReturnSyntax(OfGroup(query.Kind), $"a{i}", Nowhere));
        return query with { GroupBy = groups, Return = [.. groups.Select((g, i) => new ReturnSyntax(new PathExpressionSyntax(g), $"g{i}", Nowhere)), .. aggregates] };
    }

    private ConditionSyntax Condition(string kind, int depth) => (depth == 0 ? 0 : Below(12)) switch
    {
        1 => new AndSyntax([Condition(kind, depth - 1), Condition(kind, depth - 1)], Nowhere),
        2 => new OrSyntax([Condition(kind, depth - 1), Condition(kind, depth - 1)], Nowhere),
        3 => new NotSyntax(Condition(kind, depth - 1), Nowhere),
        4 when Walk(kind, 2, depth, out _) is { Count: > 0 } path => new ExistsSyntax(new(path), Nowhere),
        5 when Walk(kind, 2, depth, out var end) is { Count: > 0 } path => new AllSyntax(new(path), Condition(end, depth - 1), Nowhere),
        6 => InQuery(kind, depth),
        7 => Matches(kind, depth),
        _ => Comparison(kind, depth),
    };

    /// <summary>Relations to somewhere else; fewer than asked for where there is no way on.</summary>
    private List<SegmentSyntax> Walk(string kind, int most, int depth, out string end)
    {
        List<SegmentSyntax> path = [];
        for (var left = Below(most + 1); left > 0; left--)
        {
            if (Visible(kind) is not { Length: > 0 } on) break;
            var (name, target, _) = Pick(on);
            path.Add(new(name, depth > 0 && One(5) ? Condition(target, depth - 1) : null, Nowhere));
            kind = target;
        }

        end = kind;
        return path;
    }

    private (string Name, string Target, bool Many)[] Visible(string kind) => [.. Relations[kind].Where(r => admin || r.Target != "rack")];

    private ComparisonSyntax Comparison(string kind, int depth)
    {
        var path = Walk(kind, 4, depth, out var end);
        var (name, of) = Pick(Fields[end]);
        var full = new PathSyntax([.. path, new(name, Filter: null, Nowhere)]);
        ComparisonOperator[] operators = of switch
        {
            FieldKind.TextList => [ComparisonOperator.Has, ComparisonOperator.NotHas],
            FieldKind.Choice => [ComparisonOperator.Equal, ComparisonOperator.NotEqual, ComparisonOperator.In, ComparisonOperator.NotIn, ComparisonOperator.Like, ComparisonOperator.NotLike],
            FieldKind.Truth => [ComparisonOperator.Equal, ComparisonOperator.NotEqual, ComparisonOperator.IsNull],
            FieldKind.Text => [.. Enum.GetValues<ComparisonOperator>().SkipLast(2)],
            _ => [.. Enum.GetValues<ComparisonOperator>().SkipLast(2).Where(o => o is not (ComparisonOperator.Like or ComparisonOperator.NotLike))],
        };
        var chosen = Pick(operators);
        var count = chosen switch
        {
            ComparisonOperator.IsNull or ComparisonOperator.IsNotNull => 0,
            ComparisonOperator.In or ComparisonOperator.NotIn or ComparisonOperator.Has or ComparisonOperator.NotHas => 1 + Below(3),
            _ => 1,
        };
        var pattern = chosen is ComparisonOperator.Like or ComparisonOperator.NotLike or ComparisonOperator.Has or ComparisonOperator.NotHas;
        return new(full, chosen, [.. Enumerable.Range(0, count).Select(_ => new LiteralSyntax(pattern ? Pattern(name, of) : Value(name, of), LiteralKind.Quoted, Nowhere))], Nowhere);
    }

    private string Value(string name, FieldKind kind) => kind switch
    {
        FieldKind.Choice => Pick(Enum.GetNames<BoxState>()),
        FieldKind.Bytes => Pick("0", "1GiB", "1073741824", "1.5GiB", "2GiB", "3221225472"),
        FieldKind.Whole => Pick("0", "1", "2", "3"),
        FieldKind.Number => Pick("-0.5", "0", "0.5", "1"),
        FieldKind.Truth => Pick("true", "false"),
        FieldKind.Instant => Pick("2026-01-02", "2026-01-02T00:00:00Z", "2026-01-03", "2026-01-03T12:00:00+02:00"),
        _ => name switch
        {
            "id" => Pick("box-1", "box-2", "disk-3", "rack-1", "net-1", "owner-1", "owner-2", "region-1", "port-1"),
            "ownerId" => Pick("owner-1", "owner-2", "owner-3"),
            "rackId" => Pick("rack-1", "rack-2"),
            "netId" => Pick("net-1", "net-2"),
            "boxId" => Pick("box-1", "box-5"),
            "regionId" => Pick("region-1", "region-2"),
            "address" => Pick("10.0.0.5", "10.0.0.6"),
            _ => Pick(Worlds.Texts),
        },
    };

    private string Pattern(string name, FieldKind kind) => kind switch
    {
        FieldKind.TextList => name == "tags" ? Pick("env::prod", "env::%", "%::test", "a\\%b", "a%b", "te_m") : Pick("rack-1", "rack-_", "%-2"),
        FieldKind.Choice => Pick("O%", "%oo%", "On"),
        _ => Pick("%", "web%", "%1", "_eb", "db\\%1", "db%1", "a\\_b", "%'%", "x\\\\y", "ünï", "_", "", "%-_", "WEB%"),
    };

    private InQuerySyntax InQuery(string kind, int depth)
    {
        var path = Walk(kind, 1, 0, out var end);
        var texts = Fields[end].Where(f => f.Kind is FieldKind.Text).ToArray();
        var inner = Pick([.. Fields.Keys.Where(k => !k.Contains('.') && (admin || k != "rack"))]);
        var returned = ToOne(inner, comparable: true, FieldKind.Text);
        return new InQuerySyntax(new([.. path, new(Pick(texts).Name, Filter: null, Nowhere)]), One(3),
            new(inner, Nowhere) { Where = One(3) ? null : Condition(inner, depth - 1), Return = [new(new PathExpressionSyntax(returned), Alias: null, Nowhere)] }, Nowhere);
    }

    private ConditionSyntax Matches(string kind, int depth)
    {
        var path = Walk(kind, 1, 0, out var end);
        return end == "box.ports"
            ? Comparison(kind, depth)
            : new MatchesSyntax(path.Count == 0 ? null : new(path), new(Pick("web", "WE", "web 1", "prod", "ünï", "env test", "10 0", "zzz"), LiteralKind.Quoted, Nowhere), Nowhere);
    }

    /// <summary>A field of the row, or of what it stands in a to-one relation with.</summary>
    private PathSyntax ToOne(string kind, bool comparable, FieldKind? only = null)
    {
        List<SegmentSyntax> path = [];
        while (One(2) && Visible(kind).Where(r => !r.Many).ToArray() is { Length: > 0 } on)
        {
            var (name, target, _) = Pick(on);
            path.Add(new(name, Filter: null, Nowhere));
            kind = target;
        }

        var fields = Fields[kind].Where(f => (only is null || f.Kind == only) && (!comparable || f.Kind is not FieldKind.TextList)).ToArray();
        return new([.. path, new(Pick(fields).Name, Filter: null, Nowhere)]);
    }

    private ExpressionSyntax Returned(string kind) => Below(3) switch
    {
        0 => PerRow(kind, numbers: false),
        _ => new PathExpressionSyntax(ToOne(kind, comparable: false)),
    };

    /// <summary>What goes through a to-many relation: a list of values, or an aggregate of them.</summary>
    private ExpressionSyntax PerRow(string kind, bool numbers)
    {
        var many = Visible(kind).Where(r => r.Many).ToArray();
        if (many.Length == 0) return new PathExpressionSyntax(ToOne(kind, comparable: true));
        var (name, target, _) = Pick(many);
        var first = new SegmentSyntax(name, One(3) ? Condition(target, 1) : null, Nowhere);
        if (One(3)) return new AggregateSyntax(AggregateFunction.Count, new([first]), Nowhere);
        if (!numbers && One(2))
        {
            var plain = Fields[target].Where(f => f.Kind is not FieldKind.TextList).ToArray();
            return new PathExpressionSyntax(new([first, new(Pick(plain).Name, Filter: null, Nowhere)]));
        }

        var (function, field) = Aggregated(target);
        return new AggregateSyntax(function, new([first, new(field, Filter: null, Nowhere)]), Nowhere);
    }

    private AggregateSyntax OfGroup(string kind)
    {
        if (One(3)) return new(AggregateFunction.Count, Path: null, Nowhere);
        var (function, field) = Aggregated(kind);
        return new(function, new([new(field, Filter: null, Nowhere)]), Nowhere);
    }

    private (AggregateFunction Function, string Field) Aggregated(string kind)
    {
        var function = Pick(Enum.GetValues<AggregateFunction>());
        var fields = Fields[kind].Where(f => function is AggregateFunction.Count ? f.Kind is not FieldKind.TextList
            : f.Kind is FieldKind.Whole or FieldKind.Bytes or FieldKind.Number
                || (function is AggregateFunction.Min or AggregateFunction.Max && f.Kind is FieldKind.Text or FieldKind.Instant)).ToArray();
        return fields.Length == 0 ? (AggregateFunction.Count, "id") : (function, Pick(fields).Name);
    }

    private int Below(int most) => (int)chance.Next((uint)most);

    private bool One(int of) => Below(of) == 0;

    private T Pick<T>(params T[] from) => from[Below(from.Length)];
}
