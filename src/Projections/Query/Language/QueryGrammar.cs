using System.Globalization;
using Superpower;
using Superpower.Model;
using Tokens = Superpower.Parsers.Token;

namespace IaaS.Projections.Query.Language;

/// <summary>Queries and their clauses.</summary>
internal static class QueryGrammar
{
    /// <summary>What a query can go on with, in the words of users.</summary>
    public static readonly string[] Clauses = ["where", "group by", "order by", "limit", "after", "with total", "return", "as of", "between", "named"];

    private static readonly Dictionary<string, AggregateFunction> Functions =
        Enum.GetValues<AggregateFunction>().ToDictionary(f => f.ToString(), StringComparer.OrdinalIgnoreCase);

    private static readonly TokenListParser<QueryToken, ExpressionSyntax> Expression = input =>
    {
        var word = input.ConsumeToken();
        if (word is { HasValue: true, Value.Kind: QueryToken.Star }) return TokenListParserResult.Value<QueryToken, ExpressionSyntax>(new AllFieldsSyntax(word.Value.At()), input, word.Remainder);
        return word is { HasValue: true, Value.Kind: QueryToken.Word } && Functions.TryGetValue(word.Value.ToStringValue(), out var function)
            && word.Remainder.ConsumeToken() is { HasValue: true, Value.Kind: QueryToken.Open } open
                ? Aggregate(function, word.Value)(open.Remainder)
                : ConditionGrammar.Path.Select(p => (ExpressionSyntax)new PathExpressionSyntax(p))(input);
    };

    private static readonly TokenListParser<QueryToken, ReturnSyntax> Returned =
        from expression in Expression
        from alias in Parse.Ref(() => Alias!)
        select new ReturnSyntax(expression, alias, expression.At);

    private static readonly TokenListParser<QueryToken, string?> Alias = input =>
    {
        var word = input.ConsumeToken();
        // 'as of' begins a clause. Who wants the name "of" puts it in double quotes.
        if (!word.HasValue || !word.Value.Is("as") || word.Remainder.ConsumeToken() is { HasValue: true } of && of.Value.Is("of"))
            return TokenListParserResult.Value<QueryToken, string?>(value: null, input, input);
        return ConditionGrammar.Name.Select(n => (string?)n.Value())(word.Remainder);
    };

    private static readonly TokenListParser<QueryToken, OrderSyntax> Ordered =
        from expression in Expression
        from direction in ConditionGrammar.Keyword("desc").Value(true).Or(ConditionGrammar.Keyword("asc").Value(false)).OptionalOrDefault()
        select new OrderSyntax(expression, direction);

    private static readonly TokenListParser<QueryToken, NumberSyntax> Count =
        Tokens.EqualTo(QueryToken.Number).Where(t => int.TryParse(t.ToStringValue(), NumberStyles.None, CultureInfo.InvariantCulture, out _), "it is no whole number")
            .Select(t => new NumberSyntax(int.Parse(t.ToStringValue(), CultureInfo.InvariantCulture), t.At())).Named("a whole number");

    private static readonly TokenListParser<QueryToken, MomentSyntax> Moment =
        ConditionGrammar.Quoted.Select(t => new MomentSyntax(t.Text, IsPosition: false, t.At))
            .Or(ConditionGrammar.Keyword("position").IgnoreThen(Tokens.EqualTo(QueryToken.Number)).Select(t => new MomentSyntax(t.ToStringValue(), IsPosition: true, t.At())))
            .Named("a time in quotes, or 'position' and a number");

    private static readonly TokenListParser<QueryToken, (MomentSyntax From, MomentSyntax To)> Range =
        from first in Moment
        from and in ConditionGrammar.Keyword("and")
        from last in Moment
        select (first, last);

    private static readonly Dictionary<string, TokenListParser<QueryToken, Func<QuerySyntax, QuerySyntax>>> ByWord = new(StringComparer.OrdinalIgnoreCase)
    {
        ["where"] = Parse.Ref(() => ConditionGrammar.Condition).Select(c => Change(q => q with { Where = c })),
        ["group"] = ConditionGrammar.Keyword("by").IgnoreThen(ConditionGrammar.Path.AtLeastOnceDelimitedBy(Tokens.EqualTo(QueryToken.Comma))).Select(p => Change(q => q with { GroupBy = p })),
        ["order"] = ConditionGrammar.Keyword("by").IgnoreThen(Ordered.AtLeastOnceDelimitedBy(Tokens.EqualTo(QueryToken.Comma))).Select(o => Change(q => q with { OrderBy = o })),
        ["limit"] = Count.Select(n => Change(q => q with { Limit = n })),
        ["after"] = ConditionGrammar.Quoted.Select(a => Change(q => q with { After = a })),
        ["with"] = ConditionGrammar.Keyword("total").Select(_ => Change(q => q with { WithTotal = true })),
        ["return"] = Returned.AtLeastOnceDelimitedBy(Tokens.EqualTo(QueryToken.Comma)).Select(r => Change(q => q with { Return = r })),
        ["as"] = ConditionGrammar.Keyword("of").IgnoreThen(Moment).Select(m => Change(q => q with { AsOf = m })),
        ["between"] = Range.Select(r => Change(q => q with { Between = r })),
        ["named"] = ConditionGrammar.Quoted.Select(n => Change(q => q with { Name = n })),
    };

    public static TokenListParser<QueryToken, QuerySyntax> Query { get; } = input =>
    {
        var kind = ConditionGrammar.Name.Named("a kind of resource")(input);
        if (!kind.HasValue) return TokenListParserResult.CastEmpty<QueryToken, Token<QueryToken>, QuerySyntax>(kind);
        var query = new QuerySyntax(kind.Value.Value(), kind.Value.At());
        var (rest, said) = (kind.Remainder, new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        while (rest.ConsumeToken() is { HasValue: true, Value.Kind: QueryToken.Word } word && ByWord.TryGetValue(word.Value.ToStringValue(), out var clause))
        {
            if (!said.Add(word.Value.ToStringValue()))
                return TokenListParserResult.Empty<QueryToken, QuerySyntax>(rest, $"'{word.Value.ToStringValue()}' is said twice");
            var change = clause(word.Remainder);
            if (!change.HasValue) return TokenListParserResult.CastEmpty<QueryToken, Func<QuerySyntax, QuerySyntax>, QuerySyntax>(change);
            query = change.Value(query);
            rest = change.Remainder;
        }

        return TokenListParserResult.Value(query, input, rest);
    };

    public static TokenListParser<QueryToken, QuerySyntax[]> Queries { get; } = input =>
    {
        List<QuerySyntax> queries = [];
        var rest = input;
        do
        {
            var query = Query(rest);
            if (!query.HasValue) return TokenListParserResult.CastEmpty<QueryToken, QuerySyntax, QuerySyntax[]>(query);
            queries.Add(query.Value);
            rest = query.Remainder;
            if (rest.IsAtEnd) break;
            var semicolon = Tokens.EqualTo(QueryToken.Semicolon)(rest);
            if (!semicolon.HasValue) return TokenListParserResult.Empty<QueryToken, QuerySyntax[]>(rest, [.. Clauses.Select(c => $"'{c}'"), "';'"]);
            rest = semicolon.Remainder;
        }
        while (!rest.IsAtEnd);
        return TokenListParserResult.Value<QueryToken, QuerySyntax[]>([.. queries], input, rest);
    };

    private static Func<QuerySyntax, QuerySyntax> Change(Func<QuerySyntax, QuerySyntax> change) => change;

    private static TokenListParser<QueryToken, ExpressionSyntax> Aggregate(AggregateFunction function, Token<QueryToken> word) =>
        from path in Tokens.EqualTo(QueryToken.Star).Value((PathSyntax?)null).Or(ConditionGrammar.Path.AsNullable())
        from close in Tokens.EqualTo(QueryToken.Close)
        select (ExpressionSyntax)new AggregateSyntax(function, path, word.At().To(close.At()));
}
