using Superpower;
using Superpower.Display;
using Superpower.Model;
using Superpower.Parsers;
using Superpower.Tokenizers;

namespace IaaS.Projections.Query.Language;

/// <summary>The words and signs that a query is made of.</summary>
internal enum QueryToken
{
    [Token(Description = "a name")]
    Word,

    [Token(Description = "a name in double quotes")]
    QuotedName,

    [Token(Description = "a text in single quotes")]
    Quoted,

    [Token(Description = "a number")]
    Number,

    [Token(Example = "=")]
    Equal,

    [Token(Example = "!=")]
    NotEqual,

    [Token(Example = "<")]
    Less,

    [Token(Example = "<=")]
    LessOrEqual,

    [Token(Example = ">")]
    Greater,

    [Token(Example = ">=")]
    GreaterOrEqual,

    [Token(Example = "~=")]
    Like,

    [Token(Example = "!~=")]
    NotLike,

    [Token(Example = "(")]
    Open,

    [Token(Example = ")")]
    Close,

    [Token(Example = "[")]
    OpenFilter,

    [Token(Example = "]")]
    CloseFilter,

    [Token(Example = ",")]
    Comma,

    [Token(Example = ".")]
    Dot,

    [Token(Example = ";")]
    Semicolon,

    [Token(Example = "*")]
    Star,
}

internal static class QueryTokens
{
    private static readonly Tokenizer<QueryToken> Tokenizer = new TokenizerBuilder<QueryToken>()
        .Ignore(Span.WhiteSpace)
        .Match(QuotedString.SqlStyle, QueryToken.Quoted)
        .Match(Span.Regex("\"[^\"]+\""), QueryToken.QuotedName)
        .Match(Span.Regex(@"-?\d+(\.\d+)?[A-Za-z]*"), QueryToken.Number)
        // No sign of the language is a dash or a colon, so ids need no quotes: vm-01ab, a::b.
        .Match(Span.Regex(@"[\p{L}_][\p{L}\p{Nd}_:\-]*"), QueryToken.Word)
        .Match(Span.EqualTo("!~="), QueryToken.NotLike)
        .Match(Span.EqualTo("~="), QueryToken.Like)
        .Match(Span.EqualTo("!="), QueryToken.NotEqual)
        .Match(Span.EqualTo("<>"), QueryToken.NotEqual)
        .Match(Span.EqualTo("<="), QueryToken.LessOrEqual)
        .Match(Span.EqualTo(">="), QueryToken.GreaterOrEqual)
        .Match(Character.EqualTo('<'), QueryToken.Less)
        .Match(Character.EqualTo('>'), QueryToken.Greater)
        .Match(Character.EqualTo('='), QueryToken.Equal)
        .Match(Character.EqualTo('('), QueryToken.Open)
        .Match(Character.EqualTo(')'), QueryToken.Close)
        .Match(Character.EqualTo('['), QueryToken.OpenFilter)
        .Match(Character.EqualTo(']'), QueryToken.CloseFilter)
        .Match(Character.EqualTo(','), QueryToken.Comma)
        .Match(Character.EqualTo('.'), QueryToken.Dot)
        .Match(Character.EqualTo(';'), QueryToken.Semicolon)
        .Match(Character.EqualTo('*'), QueryToken.Star)
        .Build();

    public static Result<TokenList<QueryToken>> Read(string text) => Tokenizer.TryTokenize(text);

    public static TextSpan At(this Token<QueryToken> token) => new(token.Position.Absolute, token.Span.Length);

    /// <summary>The value of a token without its quotes.</summary>
    public static string Value(this Token<QueryToken> token) => token.Kind switch
    {
        QueryToken.Quoted => token.ToStringValue()[1..^1].Replace("''", "'", StringComparison.Ordinal),
        QueryToken.QuotedName => token.ToStringValue()[1..^1],
        _ => token.ToStringValue(),
    };

    public static bool Is(this Token<QueryToken> token, string keyword) =>
        token.Kind is QueryToken.Word && token.Span.EqualsValueIgnoreCase(keyword);
}
