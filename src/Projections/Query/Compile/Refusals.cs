using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Schema;

namespace IaaS.Projections.Query.Compile;

/// <summary>Every way in which a well-formed query is refused. The codes are a contract; each says where, what, and what would be right.</summary>
internal static class Refusals
{
    public static Rejection UnknownKind(string name, IEnumerable<string> known) => Invalid("query.unknown-kind",
        $"There is no kind '{Short(name)}'. Did you mean '{Nearest.Of(name, known)}'? GET /v1/schema lists them.");

    public static Rejection UnknownField(QueryKind kind, string name, bool admin)
    {
        var known = kind.Fields.Select(f => f.Name).Concat(kind.Relations.Values.Where(r => r.Target.IsVisible(admin)).Select(r => r.Name)).ToList();
        return Invalid("query.unknown-field", $"{kind.Name} has no field and no relation '{Short(name)}'. Did you mean '{Nearest.Of(name, known)}'? It has {string.Join(", ", known)}.");
    }

    public static Rejection BadValue(ViewField field, string value) => Invalid("query.bad-value",
        $"'{Short(value)}' is no value of '{field.Name}', which is {FieldText.Expected(field)}.");

    public static Rejection NotComparable(ViewField field, string what) => Invalid("query.not-comparable",
        $"'{field.Name}' is {FieldText.Expected(field)}; {what}.");

    public static Rejection NotAField(string path) => Invalid("query.not-a-field",
        $"'{path}' is a relation, and has no value to compare. Name a field of it, or ask '{path}.exists'.");

    public static Rejection NotARelation(string path) => Invalid("query.not-a-relation",
        $"'{path}' is a field. Only a relation leads to rows of its own.");

    public static Rejection ToMany(string path, string what) => Invalid("query.to-many", $"'{path}' has many values for one row; {what}.");

    public static Rejection Rebuilding(string view) => new(RejectionKind.Unavailable, "query.rebuilding",
        $"The past of {view} is being read from the log again, for this version of the program knows more of it. The present answers as ever. GET /v1/projections/{view} says how far it is.");

    public static Rejection BadPattern(string pattern) => Invalid("query.bad-value",
        $"'{Short(pattern)}' ends with a backslash that escapes nothing. Write two for one.");

    public static Rejection NoWords(string text) => Invalid("query.bad-value", $"'{Short(text)}' has no letter and no digit to search for.");

    public static Rejection NoText(QueryKind kind) => Invalid("query.not-comparable", $"{kind.Name} has no text to search: neither name nor description nor tags.");

    public static Rejection TooDeep(int depth, int most) => Invalid("query.too-deep",
        $"The path goes through {depth} relations; {most} are allowed. An administrator raises it with --query-depth.");

    public static Rejection TooManyConditions(int most) => Invalid("query.too-large",
        $"The query has more than {most} conditions. Ask in parts, or have an administrator raise --query-conditions.");

    public static Rejection BadLimit(int limit, int most) => Invalid("query.bad-limit",
        $"The limit is {limit}; it must be 1 to {most}. For more rows, follow 'next' from page to page.");

    public static Rejection BadCursor { get; } = Invalid("query.bad-cursor",
        "The cursor is not one that this query gave out, in this order. Start again without 'after'.");

    public static Rejection SubQuery(string why) => Invalid("query.bad-sub-query", why);

    public static Rejection TypesDiffer(ViewField left, ViewField right) => Invalid("query.not-comparable",
        $"'{left.Name}' is {FieldText.Expected(left)}, and '{right.Name}' is {FieldText.Expected(right)}: no value is both.");

    public static Rejection Aggregate(string why) => Invalid("query.bad-aggregate", why);

    public static Rejection SameKey(string key) => Invalid("query.same-name", $"Two things would be returned as '{Short(key)}'. Name one of them: {Short(key)} as other.");

    public static Rejection Future(string what, long head) => Invalid("query.future", $"{what} is not past. The log is at position {head}.");

    public static Rejection TooManyWatched(int most) => Invalid("query.too-many-rows",
        $"The answer has more than {most} rows. Narrow it, or give it an order and a limit.");

    public static Rejection BadMoment(string text) => Invalid("query.bad-value", $"'{Short(text)}' is no time like 2026-01-31T12:00:00Z and no position.");

    public static Rejection TooSlow(TimeSpan most) => new(RejectionKind.Invalid, "query.too-slow",
        $"The query was stopped after {most.TotalSeconds:0.#} s. Narrow it, leave the total out, or have an administrator raise --query-seconds.");

    private static Rejection Invalid(string code, string detail) => new(RejectionKind.Invalid, code, detail);

    private static string Short(string value) => value.Length <= 80 ? value : value[..79] + "…";
}
