using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;

namespace IaaS.Projections.Query.Compile;

/// <summary>What is returned or ordered by, with its names looked up.</summary>
/// <param name="Function">Null for the value itself.</param>
/// <param name="Path">Null for <c>count(*)</c>.</param>
internal sealed record BoundExpression(AggregateFunction? Function, BoundPath? Path, TextSpan At)
{
    /// <summary>It has one value for a group of rows; any other has one for each row.</summary>
    public bool IsOfGroup => Function is not null && Path is not { IsToMany: true };

    /// <summary>The same for the same question, however it was spelt.</summary>
    public string Text => Function is { } function ? $"{function.ToString().ToLowerInvariant()}({Path?.Text ?? "*"})" : Path!.Text;

    /// <summary>Null, with the reason noted, when names are unknown or the function does not go with the field.</summary>
    public static BoundExpression? Bind(CompileContext context, QueryKind kind, ExpressionSyntax syntax)
    {
        switch (syntax)
        {
            case PathExpressionSyntax { Path: var path }:
                return PathBinder.Bind(context, kind, path) is { } value ? new(Function: null, value, syntax.At) : null;
            case AggregateSyntax { Function: AggregateFunction.Count, Path: null }:
                return new(AggregateFunction.Count, Path: null, syntax.At);
            case AggregateSyntax { Function: AggregateFunction.Count, Path: { } counted }:
                return PathBinder.Bind(context, kind, counted) is { } rows ? new(AggregateFunction.Count, rows, syntax.At) : null;
            case AggregateSyntax { Path: { } path } aggregate:
                if (PathBinder.BindField(context, kind, path) is not { } bound) return null;
                if (Fits(aggregate.Function, bound.Field!)) return new(aggregate.Function, bound, syntax.At);
                context.Refuse(Refusals.NotComparable(bound.Field!, $"it has no {aggregate.Function.ToString().ToLowerInvariant()}"), path.At);
                return null;
            default:
                context.Refuse(Refusals.Aggregate("'*' stands alone, or inside count(*)."), syntax.At);
                return null;
        }
    }

    /// <summary>What its values are.</summary>
    public (FieldKind Kind, bool IsSum) Type => Function switch
    {
        null => (Path!.Field?.Kind ?? FieldKind.Document, false),
        AggregateFunction.Count => (FieldKind.Whole, false),
        AggregateFunction.Avg => (FieldKind.Number, false),
        AggregateFunction.Sum => (Path!.Field!.Kind is FieldKind.Number ? FieldKind.Number : FieldKind.Whole, Path.Field.Kind is not FieldKind.Number),
        _ => (Path!.Field!.Kind, false),
    };

    /// <summary>The aggregate of a column in SQL, of one type whatever the column's.</summary>
    public string Aggregate(string column) => Function switch
    {
        AggregateFunction.Count => $"count({column})",
        AggregateFunction.Sum when Type.IsSum => $"coalesce(sum({column}), 0)::numeric",
        AggregateFunction.Sum => $"coalesce(sum({column}), 0)",
        AggregateFunction.Avg => $"avg({column})::double precision",
        AggregateFunction.Min => $"min({column})",
        AggregateFunction.Max => $"max({column})",
        _ => throw new InvalidOperationException($"{Text} is no aggregate."),
    };

    private static bool Fits(AggregateFunction function, ViewField field) => function switch
    {
        AggregateFunction.Sum or AggregateFunction.Avg => field.Kind is FieldKind.Whole or FieldKind.Bytes or FieldKind.Number,
        _ => field.Kind is FieldKind.Whole or FieldKind.Bytes or FieldKind.Number or FieldKind.Instant or FieldKind.Text or FieldKind.Id,
    };
}
