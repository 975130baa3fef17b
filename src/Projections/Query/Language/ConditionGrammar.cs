using Superpower;
using Superpower.Model;
using Tokens = Superpower.Parsers.Token;

namespace IaaS.Projections.Query.Language;

/// <summary>Paths, values and conditions. No word is reserved but <c>not</c>: what a word means follows from where it stands.</summary>
internal static class ConditionGrammar
{
    private static readonly Dictionary<QueryToken, ComparisonOperator> Signs = new()
    {
        [QueryToken.Equal] = ComparisonOperator.Equal,
        [QueryToken.NotEqual] = ComparisonOperator.NotEqual,
        [QueryToken.Less] = ComparisonOperator.Less,
        [QueryToken.LessOrEqual] = ComparisonOperator.LessOrEqual,
        [QueryToken.Greater] = ComparisonOperator.Greater,
        [QueryToken.GreaterOrEqual] = ComparisonOperator.GreaterOrEqual,
        [QueryToken.Like] = ComparisonOperator.Like,
        [QueryToken.NotLike] = ComparisonOperator.NotLike,
    };

    public static TokenListParser<QueryToken, Token<QueryToken>> Name { get; } =
        Tokens.EqualTo(QueryToken.Word).Or(Tokens.EqualTo(QueryToken.QuotedName)).Named("a name");

    public static TokenListParser<QueryToken, LiteralSyntax> Value { get; } =
        Tokens.EqualTo(QueryToken.Quoted).Select(t => new LiteralSyntax(t.Value(), LiteralKind.Quoted, t.At()))
            .Or(Tokens.EqualTo(QueryToken.Number).Select(t => new LiteralSyntax(t.Value(), LiteralKind.Number, t.At())))
            .Or(Tokens.EqualTo(QueryToken.Word).Select(t => new LiteralSyntax(t.Value(), LiteralKind.Word, t.At())))
            .Named("a value: 'text', a number or a word");

    public static TokenListParser<QueryToken, LiteralSyntax> Quoted { get; } =
        Tokens.EqualTo(QueryToken.Quoted).Select(t => new LiteralSyntax(t.Value(), LiteralKind.Quoted, t.At()));

    public static TokenListParser<QueryToken, Token<QueryToken>> Keyword(string word) => Tokens.EqualToValueIgnoreCase(QueryToken.Word, word).Named($"'{word}'");

    public static TokenListParser<QueryToken, PathSyntax> Path { get; } =
        Parse.Ref(() => Segment!).AtLeastOnceDelimitedBy(Tokens.EqualTo(QueryToken.Dot)).Select(s => new PathSyntax(s)).Named("a field or a relation");

    private static readonly TokenListParser<QueryToken, ConditionSyntax> Filter =
        from open in Tokens.EqualTo(QueryToken.OpenFilter)
        from condition in Parse.Ref(() => Condition!)
        from close in Tokens.EqualTo(QueryToken.CloseFilter)
        select condition;

    private static readonly TokenListParser<QueryToken, SegmentSyntax> Segment =
        from name in Name
        from filter in Filter.AsNullable().OptionalOrDefault()
        select new SegmentSyntax(name.Value(), filter, name.At());

    private static readonly TokenListParser<QueryToken, LiteralSyntax[]> Values =
        from open in Tokens.EqualTo(QueryToken.Open)
        from values in Value.AtLeastOnceDelimitedBy(Tokens.EqualTo(QueryToken.Comma))
        from close in Tokens.EqualTo(QueryToken.Close)
        select values;

    private static readonly TokenListParser<QueryToken, QuerySyntax> SubQuery =
        from open in Tokens.EqualTo(QueryToken.Open)
        from query in Parse.Ref(() => QueryGrammar.Query)
        from close in Tokens.EqualTo(QueryToken.Close)
        select query;

    private static readonly TokenListParser<QueryToken, ConditionSyntax> Negation =
        from word in Keyword("not")
        from part in Parse.Ref(() => Primary!)
        select (ConditionSyntax)new NotSyntax(part, word.At().To(part.At));

    private static readonly TokenListParser<QueryToken, ConditionSyntax> Group =
        from open in Tokens.EqualTo(QueryToken.Open)
        from condition in Parse.Ref(() => Condition!)
        from close in Tokens.EqualTo(QueryToken.Close)
        select condition;

    private static readonly TokenListParser<QueryToken, ConditionSyntax> MatchesRow =
        from word in Keyword("matches")
        from words in Quoted
        select (ConditionSyntax)new MatchesSyntax(Path: null, words, word.At().To(words.At));

    private static readonly TokenListParser<QueryToken, ConditionSyntax> OfPath =
        from path in Path
        from condition in Parse.Ref(() => After(path))
        select condition;

    private static readonly TokenListParser<QueryToken, ConditionSyntax> Primary = input =>
    {
        var next = input.ConsumeToken();
        if (!next.HasValue) return OfPath(input);
        if (next.Value.Kind is QueryToken.Open) return Group(input);
        if (next.Value.Is("not")) return Negation(input);
        // 'matches' before a text searches the row; anywhere else it is a name like any other.
        return next.Value.Is("matches") && next.Remainder.ConsumeToken() is { HasValue: true, Value.Kind: QueryToken.Quoted } ? MatchesRow(input) : OfPath(input);
    };

    private static readonly TokenListParser<QueryToken, ConditionSyntax> Conjunction =
        Parse.Ref(() => Primary).AtLeastOnceDelimitedBy(Keyword("and")).Select(p => p.Length == 1 ? p[0] : new AndSyntax(p, p[0].At.To(p[^1].At)));

    public static TokenListParser<QueryToken, ConditionSyntax> Condition { get; } =
        Conjunction.AtLeastOnceDelimitedBy(Keyword("or")).Select(p => p.Length == 1 ? p[0] : new OrSyntax(p, p[0].At.To(p[^1].At)));

    /// <summary>What can follow a path.</summary>
    private static TokenListParser<QueryToken, ConditionSyntax> After(PathSyntax path) => input =>
    {
        var next = input.ConsumeToken();
        if (next.HasValue && Signs.TryGetValue(next.Value.Kind, out var sign))
            return Value.Select(v => (ConditionSyntax)new ComparisonSyntax(path, sign, [v], path.At.To(v.At)))(next.Remainder);
        if (next.HasValue && next.Value.Is("is")) return IsNull(path)(next.Remainder);
        if (next.HasValue && next.Value.Is("all")) return All(path)(next.Remainder);
        if (next.HasValue && next.Value.Is("matches")) return Quoted.Select(w => (ConditionSyntax)new MatchesSyntax(path, w, path.At.To(w.At)))(next.Remainder);
        var negated = next.HasValue && next.Value.Is("not");
        var word = negated ? next.Remainder.ConsumeToken() : next;
        if (word.HasValue && word.Value.Is("in")) return In(path, negated)(word.Remainder);
        if (word.HasValue && word.Value.Is("like")) return Value.Select(v => (ConditionSyntax)new ComparisonSyntax(path, negated ? ComparisonOperator.NotLike : ComparisonOperator.Like, [v], path.At.To(v.At)))(word.Remainder);
        if (word.HasValue && word.Value.Is("has")) return Has(path, negated)(word.Remainder);
        if (negated) return TokenListParserResult.Empty<QueryToken, ConditionSyntax>(next.Remainder, ["'in'", "'like'", "'has'"]);
        if (path.Segments[^1].Filter is not null) return TokenListParserResult.Value<QueryToken, ConditionSyntax>(new ExistsSyntax(path, path.At), input, input);
        if (path.Segments is [_, .., { Name: "exists" }])
            return TokenListParserResult.Value<QueryToken, ConditionSyntax>(new ExistsSyntax(new([.. path.Segments.SkipLast(1)]), path.At), input, input);
        return TokenListParserResult.Empty<QueryToken, ConditionSyntax>(input, ["'='", "'!='", "'<'", "'<='", "'>'", "'>='", "'like'", "'in'", "'is'", "'has'", "'not'", "'all'", "'matches'", "'.exists'"]);
    };

    private static TokenListParser<QueryToken, ConditionSyntax> IsNull(PathSyntax path) =>
        from not in Keyword("not").Optional()
        from end in Keyword("null")
        select (ConditionSyntax)new ComparisonSyntax(path, not is null ? ComparisonOperator.IsNull : ComparisonOperator.IsNotNull, [], path.At.To(end.At()));

    private static TokenListParser<QueryToken, ConditionSyntax> All(PathSyntax path) =>
        Filter.Select(f => (ConditionSyntax)new AllSyntax(path, f, path.At.To(f.At)));

    private static TokenListParser<QueryToken, ConditionSyntax> Has(PathSyntax path, bool negated) =>
        Values.Or(Value.Select(v => new[] { v }))
            .Select(v => (ConditionSyntax)new ComparisonSyntax(path, negated ? ComparisonOperator.NotHas : ComparisonOperator.Has, v, path.At.To(v[^1].At)));

    private static TokenListParser<QueryToken, ConditionSyntax> In(PathSyntax path, bool negated) => input =>
    {
        // A kind, then 'where' or 'return': a query; everything else is a list of values.
        var first = input.ConsumeToken() is { HasValue: true } open ? open.Remainder.ConsumeToken() : default;
        var second = first.HasValue ? first.Remainder.ConsumeToken() : default;
        return first is { HasValue: true, Value.Kind: QueryToken.Word } && second.HasValue && second.Value.Kind is QueryToken.Word
            ? SubQuery.Select(q => (ConditionSyntax)new InQuerySyntax(path, negated, q, path.At.To(q.At)))(input)
            : Values.Select(v => (ConditionSyntax)new ComparisonSyntax(path, negated ? ComparisonOperator.NotIn : ComparisonOperator.In, v, path.At.To(v[^1].At)))(input);
    };
}
