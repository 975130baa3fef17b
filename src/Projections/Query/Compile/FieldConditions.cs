using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using NpgsqlTypes;

namespace IaaS.Projections.Query.Compile;

/// <summary>Conditions on one column. A negated operator is the exact opposite of its positive: true where the column has no value.</summary>
internal static class FieldConditions
{
    public static string Compile(CompileContext context, string column, ViewField field, ComparisonSyntax comparison) => comparison.Operator switch
    {
        ComparisonOperator.IsNull => $"{column} is null",
        ComparisonOperator.IsNotNull => $"{column} is not null",
        ComparisonOperator.Equal => Compare(context, column, field, "=", comparison),
        ComparisonOperator.NotEqual => Not(Compare(context, column, field, "=", comparison)),
        ComparisonOperator.Less => Order(context, column, field, "<", comparison),
        ComparisonOperator.LessOrEqual => Order(context, column, field, "<=", comparison),
        ComparisonOperator.Greater => Order(context, column, field, ">", comparison),
        ComparisonOperator.GreaterOrEqual => Order(context, column, field, ">=", comparison),
        ComparisonOperator.In => In(context, column, field, comparison),
        ComparisonOperator.NotIn => Not(In(context, column, field, comparison)),
        ComparisonOperator.Like => Like(context, column, field, comparison),
        ComparisonOperator.NotLike => Not(Like(context, column, field, comparison)),
        ComparisonOperator.Has => Has(context, column, field, comparison),
        ComparisonOperator.NotHas => Not(Has(context, column, field, comparison)),
        _ => throw new InvalidOperationException($"{comparison.Operator} is no operator."),
    };

    private static string Not(string condition) => $"({condition}) is not true";

    private static string Compare(CompileContext context, string column, ViewField field, string sign, ComparisonSyntax comparison)
    {
        if (!field.IsComparable) return context.Refuse(Refusals.NotComparable(field, Instead(field)), comparison.Path.At);
        return Values.Parse(context, field, comparison.Values[0]) is { } value ? $"{column} {sign} {context.Parameter(value, field.Codec.DbType)}" : "false";
    }

    private static string Order(CompileContext context, string column, ViewField field, string sign, ComparisonSyntax comparison) =>
        field.Kind is FieldKind.Choice or FieldKind.Truth
            ? context.Refuse(Refusals.NotComparable(field, "none of its values is before another"), comparison.At)
            : Compare(context, column, field, sign, comparison);

    private static string In(CompileContext context, string column, ViewField field, ComparisonSyntax comparison)
    {
        if (!field.IsComparable) return context.Refuse(Refusals.NotComparable(field, Instead(field)), comparison.Path.At);
        var element = field.Codec.WriteAs;
        var values = Array.CreateInstance(element, comparison.Values.Count);
        for (var i = 0; i < values.Length; i++)
        {
            if (Values.Parse(context, field, comparison.Values[i]) is not { } value) return "false";
            values.SetValue(value, i);
        }

        return $"{column} = any({context.Parameter(values, NpgsqlDbType.Array | field.Codec.DbType)})";
    }

    private static string Like(CompileContext context, string column, ViewField field, ComparisonSyntax comparison)
    {
        if (field.Kind is not (FieldKind.Text or FieldKind.Id or FieldKind.Choice)) return context.Refuse(Refusals.NotComparable(field, "patterns are for text"), comparison.At);
        return Values.IsPattern(context, comparison.Values[0]) ? $"{column} like {context.Parameter(comparison.Values[0].Text, NpgsqlDbType.Text)}" : "false";
    }

    /// <summary>For each value the list has an element like it. What is no pattern is looked up in the index.</summary>
    private static string Has(CompileContext context, string column, ViewField field, ComparisonSyntax comparison)
    {
        if (field.Kind is not FieldKind.TextList) return context.Refuse(Refusals.NotComparable(field, "'has' is for lists"), comparison.At);
        List<string> conditions = [];
        var plain = comparison.Values.Where(v => Values.IsPattern(context, v) && Values.IsPlain(v.Text)).Select(v => v.Text).ToArray();
        if (plain.Length > 0) conditions.Add($"{column} @> {context.Parameter(plain, NpgsqlDbType.Array | NpgsqlDbType.Text)}");
        conditions.AddRange(comparison.Values.Where(v => !Values.IsPlain(v.Text))
            .Select(v => $"exists (select 1 from unnest({column}) as e(v) where e.v like {context.Parameter(v.Text, NpgsqlDbType.Text)})"));
        return $"({string.Join(" and ", conditions)})";
    }

    private static string Instead(ViewField field) => field.Kind is FieldKind.TextList ? "ask it with 'has'" : "it can be returned, not compared";
}
