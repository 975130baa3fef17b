using System.Globalization;
using IaaS.Domain.Kernel;
using Superpower;
using Superpower.Model;

namespace IaaS.Projections.Query.Language;

/// <summary>Reads the text of queries. Never throws, whatever the text; nothing that it reads can exhaust the stack.</summary>
public static class QueryParser
{
    /// <summary>UTF-16 units of a text, at most.</summary>
    public const int MaxLength = 65_536;

    private const int MaxDepth = 100;

    /// <summary>The queries of a text, or <c>query.syntax</c> with the place, what stands there and what could.</summary>
    public static Answer<QueryTextSyntax> Parse(string text) => Read(text, QueryGrammar.Queries) switch
    {
        (QuerySyntax[] queries, null) => new QueryTextSyntax(queries),
        (_, var error) => Refused(error!),
    };

    /// <summary>One query alone.</summary>
    public static Answer<QuerySyntax> ParseOne(string text) => Parse(text).Then<QuerySyntax>(queries => queries.Queries is [var only]
        ? only
        : Refused(Error(text, queries.Queries[1].At, "There is a second query; here can be one.", [])));

    /// <summary>A condition alone, as it stands after <c>where</c>.</summary>
    public static Answer<ConditionSyntax> ParseCondition(string text) => Read(text, ConditionGrammar.Condition) switch
    {
        (ConditionSyntax condition, null) => condition,
        (_, var error) => Refused(error!),
    };

    internal static Rejection Refused(SyntaxError error)
    {
        var place = error.Line == 1 ? F($"Column {error.Column}") : F($"Line {error.Line}, column {error.Column}");
        return new(RejectionKind.Invalid, "query.syntax", $"{place}: {error.Message}");
    }

    private static (T? Value, SyntaxError? Error) Read<T>(string text, TokenListParser<QueryToken, T> grammar) where T : class
    {
        if (text.Length > MaxLength) return (null, Error(text, new(MaxLength, 0), F($"The text is longer than {MaxLength} characters."), []));
        var tokens = QueryTokens.Read(text);
        if (!tokens.HasValue) return (null, OfSign(text, tokens.ErrorPosition.HasValue ? tokens.ErrorPosition.Absolute : text.Length));
        if (TooDeep(tokens.Value) is { } deep) return (null, Error(text, deep.At(), F($"The query is nested more than {MaxDepth} deep."), []));
        var parsed = grammar(tokens.Value);
        if (!parsed.HasValue) return (null, OfToken(text, parsed.Remainder, parsed.Expectations ?? [], parsed.ErrorMessage));
        return parsed.Remainder.IsAtEnd ? (parsed.Value, null) : (null, OfToken(text, parsed.Remainder, ["'and'", "'or'", "the end"], message: null));
    }

    /// <summary>The token at which brackets, or words 'not' in a row, are nested too deep for a recursive reader.</summary>
    private static Token<QueryToken>? TooDeep(TokenList<QueryToken> tokens)
    {
        var (depth, nots) = (0, 0);
        foreach (var token in tokens)
        {
            nots = token.Is("not") ? nots + 1 : token.Kind is QueryToken.Open or QueryToken.OpenFilter ? nots : 0;
            depth += token.Kind switch { QueryToken.Open or QueryToken.OpenFilter => 1, QueryToken.Close or QueryToken.CloseFilter => -1, _ => 0 };
            if (depth + nots > MaxDepth) return token;
        }

        return null;
    }

    private static SyntaxError OfSign(string text, int at)
    {
        if (at < text.Length && text[at] is '\'' or '"') return Error(text, new(at, 0), "A quote is opened and not closed. Inside a text, write two for one: 'it''s'.", []);
        var found = at < text.Length ? $"'{char.ConvertFromUtf32(char.IsSurrogatePair(text, at) ? char.ConvertToUtf32(text, at) : char.IsSurrogate(text[at]) ? 0xFFFD : text[at])}'" : "the end";
        return Error(text, new(at, Math.Min(1, text.Length - at)), $"{found} is no part of the language. Values with other signs in them are put in single quotes.", []);
    }

    private static SyntaxError OfToken(string text, TokenList<QueryToken> rest, string[] expected, string? message)
    {
        var token = rest.ConsumeToken();
        var at = token.HasValue ? token.Value.At() : new(text.Length, 0);
        var found = token.HasValue ? $"'{Short(token.Value.ToStringValue())}'" : "the end";
        if (message is not null) return Error(text, at, F($"{char.ToUpperInvariant(message[0])}{message[1..]}: {found}."), expected);
        var hint = token is { HasValue: true, Value.Kind: QueryToken.Word } && Suggestion(token.Value.ToStringValue(), expected) is { } meant ? $" Did you mean {meant}?" : "";
        return Error(text, at, expected.Length == 0 ? $"{found} cannot stand here.{hint}" : $"Here is {found}; expected is {Listed(expected)}.{hint}", expected);
    }

    /// <summary>A keyword that a word is a slip of.</summary>
    private static string? Suggestion(string word, string[] expected)
    {
        var keywords = expected.Where(e => e is ['\'', >= 'a' and <= 'z', ..]).Select(e => e.Trim('\'')).ToList();
        var nearest = Nearest.Of(word, keywords.Select(k => k.Split(' ')[0]));
        return nearest.Length > 0 && !string.Equals(nearest, word, StringComparison.OrdinalIgnoreCase) && Nearest.IsSlip(word, nearest)
            ? $"'{keywords.First(k => k.StartsWith(nearest, StringComparison.Ordinal))}'"
            : null;
    }

    private static SyntaxError Error(string text, TextSpan at, string message, IReadOnlyList<string> expected)
    {
        var before = text.AsSpan(0, Math.Min(at.Start, text.Length));
        return new(before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), at, message, expected);
    }

    private static string Listed(string[] expected) => expected.Distinct(StringComparer.Ordinal).ToList() switch
    {
        [var only] => only,
        var many => $"{string.Join(", ", many.SkipLast(1))} or {many[^1]}",
    };

    private static string Short(string text) => text.Length <= 40 ? text : text[..39] + "…";

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
