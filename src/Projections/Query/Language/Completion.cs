using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Schema;
using Superpower.Model;

namespace IaaS.Projections.Query.Language;

/// <summary>What can be written at a place, and what kind of thing it is: kind, field, relation, operator, value or keyword.</summary>
public sealed record CompletionItem(string Text, string Type);

/// <summary>Says what can stand at the cursor of a text that is being written. It understands what is before the cursor, however unfinished.</summary>
public static class Completion
{
    private static readonly string[] Functions = ["count", "sum", "min", "max", "avg"];

    /// <summary>What fits, what begins with the word at the cursor first; where nothing does, what is nearest to it.</summary>
    public static IReadOnlyList<CompletionItem> At(string text, int cursor, QuerySchema schema, bool admin)
    {
        var before = text[..Math.Clamp(cursor, 0, text.Length)];
        var start = before.Length;
        while (start > 0 && (char.IsLetterOrDigit(before[start - 1]) || before[start - 1] is '_' or ':' or '-')) start--;
        var word = before[start..];
        // A quote that is still open, or a sign that is none: nothing can be said.
        if (QueryTokens.Read(before[..start]) is not { HasValue: true } read) return [];
        var here = new Reading(schema, admin);
        foreach (var token in read.Value) here.Take(token);
        var fitting = here.Fitting().ToList();
        var begun = fitting.Where(i => i.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase)).ToList();
        return begun.Count > 0 ? begun : [.. fitting.Where(i => Nearest.IsSlip(word, i.Text))];
    }

    private enum Place { Kind, Operand, AfterDot, AfterPath, Value, AfterValue, Clause }

    /// <summary>Where one is after some tokens: in which query or filter, on which path, and what could come.</summary>
    private sealed class Reading(QuerySchema schema, bool admin)
    {
        private readonly Stack<(QueryKind? Kind, bool Returns)> around = new();
        private QueryKind? scope;
        private QueryKind? path;
        private ViewField? field;
        private Place place = Place.Kind;
        private bool returns;
        private string last = "";

        public void Take(Token<QueryToken> token)
        {
            var text = token.Value();
            switch (token.Kind)
            {
                case QueryToken.Dot:
                    place = Place.AfterDot;
                    break;
                case QueryToken.OpenFilter:
                    around.Push((scope, returns));
                    (scope, returns, place) = (path, false, Place.Operand);
                    break;
                case QueryToken.Open:
                    around.Push((scope, returns));
                    place = string.Equals(last, "in", StringComparison.OrdinalIgnoreCase) ? Place.Kind : Place.Operand;
                    break;
                case QueryToken.Close or QueryToken.CloseFilter:
                    if (around.TryPop(out var outer)) (scope, returns) = outer;
                    place = Place.AfterValue;
                    break;
                case QueryToken.Semicolon:
                    around.Clear();
                    (scope, returns, place) = (null, false, Place.Kind);
                    break;
                case QueryToken.Comma:
                    place = place is Place.AfterValue && !returns ? Place.Value : Place.Operand;
                    break;
                case QueryToken.Word or QueryToken.QuotedName:
                    Word(text);
                    break;
                case QueryToken.Quoted or QueryToken.Number or QueryToken.Star:
                    place = Place.AfterValue;
                    break;
                default:
                    place = Place.Value;
                    break;
            }

            last = text;
        }

        public IEnumerable<CompletionItem> Fitting() => place switch
        {
            Place.Kind => schema.Kinds.Where(k => k.IsVisible(admin)).Select(k => new CompletionItem(k.Name, "kind")),
            Place.Operand => Names(scope).Concat(returns ? Functions.Select(f => new CompletionItem(f, "function")) : Keywords("not", "matches")),
            Place.AfterDot => Names(path).Append(new("exists", "keyword")),
            Place.AfterPath => Operators().Concat(returns ? Keywords("as", "asc", "desc").Concat(Keywords(QueryGrammar.Clauses)) : []),
            Place.Value => field?.Kind is FieldKind.Truth ? Values("true", "false") : Values([.. field?.Choices ?? []]),
            _ => Keywords("and", "or").Concat(Keywords(QueryGrammar.Clauses)),
        };

        private void Word(string text)
        {
            switch (place)
            {
                case Place.Kind:
                    (scope, returns, place) = (schema.Find(text) is { } kind && kind.IsVisible(admin) ? kind : null, false, Place.Clause);
                    break;
                case Place.Operand when text.Equals("not", StringComparison.OrdinalIgnoreCase): break;
                case Place.Operand or Place.AfterDot: Step(text); break;
                case Place.Value: place = Place.AfterValue; break;
                default: After(text); break;
            }
        }

        private void Step(string name)
        {
            var from = place is Place.AfterDot ? path : scope;
            field = from?.Field(name);
            path = from is not null && from.Relations.TryGetValue(name, out var relation) && relation.Target.IsVisible(admin) ? relation.Target : null;
            place = string.Equals(name, "exists", StringComparison.OrdinalIgnoreCase) ? Place.AfterValue : Place.AfterPath;
        }

        private void After(string word)
        {
            place = word.ToUpperInvariant() switch
            {
                "WHERE" or "BY" or "AND" or "OR" or "RETURN" => Place.Operand,
                "LIKE" or "HAS" or "MATCHES" => Place.Value,
                "IN" or "NOT" or "IS" or "ALL" => place,
                _ => Place.AfterValue,
            };
            if (word.Equals("return", StringComparison.OrdinalIgnoreCase) || word.Equals("by", StringComparison.OrdinalIgnoreCase)) returns = true;
            if (word.Equals("where", StringComparison.OrdinalIgnoreCase)) returns = false;
        }

        private IEnumerable<CompletionItem> Names(QueryKind? kind) => kind is null ? []
            : kind.Fields.Select(f => new CompletionItem(f.Name, "field")).Concat(kind.Relations.Values.Where(r => r.Target.IsVisible(admin)).Select(r => new CompletionItem(r.Name, "relation")));

        private IEnumerable<CompletionItem> Operators() => field?.Kind switch
        {
            null => Signs(".", "[", "all", "matches"),
            FieldKind.TextList => Signs("has", "not has"),
            FieldKind.Document => [],
            FieldKind.Choice => Signs("=", "!=", "in", "not in", "like", "not like", "is null", "is not null"),
            FieldKind.Truth => Signs("=", "!=", "is null", "is not null"),
            FieldKind.Text or FieldKind.Id => Signs("=", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like", "is null", "is not null"),
            _ => Signs("=", "!=", "<", "<=", ">", ">=", "in", "not in", "is null", "is not null"),
        };

        private static IEnumerable<CompletionItem> Signs(params string[] signs) => signs.Select(s => new CompletionItem(s, "operator"));

        private static IEnumerable<CompletionItem> Values(params string[] values) => values.Select(v => new CompletionItem(v, "value"));

        private static IEnumerable<CompletionItem> Keywords(params string[] words) => words.Select(w => new CompletionItem(w, "keyword"));
    }
}
