using System.Linq.Expressions;
using System.Reflection;
using Npgsql;
using NpgsqlTypes;

namespace IaaS.Projections.Kernel;

/// <summary>The shape of one view with its rows typed.</summary>
public sealed class ViewShape<TView> : ViewShape where TView : class, IView<TView>
{
    private readonly Func<NpgsqlDataReader, TView> read;
    private readonly Func<IReadOnlyList<TView>, Array>[] arrays;
    private readonly Func<TView, object?>[] values;
    private readonly Func<TView, object?>[] searched;

    private ViewShape() : base(typeof(TView), TView.Type)
    {
        read = CompileReader();
        arrays = [.. Fields.Select(CompileArray)];
        values = [.. Fields.Select(CompileValue)];
        searched = [.. Searched.Select(CompileProperty)];
    }

    internal static ViewShape<TView> Instance { get; } = new();

    /// <summary>The row that the reader stands on; its columns are <see cref="ViewShape.Columns"/>, from the first.</summary>
    public TView Read(NpgsqlDataReader reader) => read(reader);

    /// <summary>The rows turned into one array per field, in declaration order: the arguments of <c>unnest</c>.</summary>
    public IEnumerable<NpgsqlParameter> Arrays(IReadOnlyList<TView> rows) => Fields.Select((field, i) =>
        new NpgsqlParameter { Value = arrays[i](rows), NpgsqlDbType = NpgsqlDbType.Array | field.Codec.DbType });

    /// <summary>As <see cref="Arrays"/>, and an array of the words to search for, each row's as one text.</summary>
    public IEnumerable<NpgsqlParameter> ArraysWithWords(IReadOnlyList<TView> rows) => Arrays(rows).Append(
        new NpgsqlParameter { Value = rows.Select(Words).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

    /// <summary>What the column of a field holds for a row; null for NULL.</summary>
    public object? ValueOf(ViewField field, TView row)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (ReferenceEquals(Fields[i], field)) return values[i](row);
        }

        throw new ArgumentException($"{field.Name} is no field of {View}.", nameof(field));
    }

    /// <summary>The words of a row as PostgreSQL writes an array.</summary>
    private string Words(TView row)
    {
        if (searched.Length == 0) return "{}";
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in searched)
        {
            switch (value(row))
            {
                case IEnumerable<string?> list:
                    foreach (var text in list) SearchWords.Add(words, text);
                    break;
                case var text:
                    SearchWords.Add(words, text?.ToString());
                    break;
            }
        }

        return FieldConversions.ListToLiteral([.. words]);
    }

    internal override ViewFold NewFold(int cachedRows, string schema = ViewTables.Schema) => new ViewFold<TView>(this, cachedRows, schema);

    private static Func<IReadOnlyList<TView>, Array> CompileArray(ViewField field)
    {
        var element = field.Codec.WriteAs is { IsValueType: true } type && field.IsNullable ? typeof(Nullable<>).MakeGenericType(type) : field.Codec.WriteAs;
        var row = Expression.Parameter(typeof(TView));
        var get = Expression.Lambda(typeof(Func<,>).MakeGenericType(typeof(TView), element), Stored(field, row, element), row).Compile();
        return typeof(ViewShape<TView>).GetMethod(nameof(Fill), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(element).CreateDelegate<Func<IReadOnlyList<TView>, Array>>(get);
    }

    private static TElement[] Fill<TElement>(Func<TView, TElement> get, IReadOnlyList<TView> rows)
    {
        var array = new TElement[rows.Count];
        for (var i = 0; i < array.Length; i++) array[i] = get(rows[i]);
        return array;
    }

    private static Func<TView, object?> CompileValue(ViewField field)
    {
        var row = Expression.Parameter(typeof(TView));
        return Expression.Lambda<Func<TView, object?>>(Stored(field, row, typeof(object)), row).Compile();
    }

    private static Func<TView, object?> CompileProperty(ViewField field)
    {
        var row = Expression.Parameter(typeof(TView));
        return Expression.Lambda<Func<TView, object?>>(Expression.Convert(Expression.Property(row, field.Property), typeof(object)), row).Compile();
    }

    /// <summary>The property's value as it is stored, null kept as null, as an expression of type <paramref name="result"/>.</summary>
    private static Expression Stored(ViewField field, Expression row, Type result)
    {
        Expression value = Expression.Property(row, field.Property);
        var present = Nullable.GetUnderlyingType(value.Type) is null ? value : Expression.Property(value, nameof(Nullable<>.Value));
        var stored = Expression.Convert(FieldConversions.Call(field.Codec.ToDb, field.ClrType, present), result);
        return value.Type.IsValueType && ReferenceEquals(present, value)
            ? stored
            : Expression.Condition(Expression.Equal(value, Expression.Constant(null, value.Type)), Expression.Default(result), stored);
    }

    private Func<NpgsqlDataReader, TView> CompileReader()
    {
        var reader = Expression.Parameter(typeof(NpgsqlDataReader));
        var constructor = typeof(TView).GetConstructors().MaxBy(c => c.GetParameters().Length)
            ?? throw new InvalidOperationException($"{View} has no public constructor.");
        var arguments = constructor.GetParameters()
            .Select(p => Fields.FirstOrDefault(f => string.Equals(f.Property.Name, p.Name, StringComparison.OrdinalIgnoreCase))
                ?? throw new InvalidOperationException($"{View}: the constructor's '{p.Name}' is no property, so a row could not be read back."))
            .ToList();
        // A property that is computed is stored, so that it can be queried, and is not read back.
        var bindings = Fields.Where(f => f.Property.SetMethod is { IsPublic: true } && !arguments.Contains(f))
            .Select(f => Expression.Bind(f.Property, Column(f, reader)));
        var row = Expression.MemberInit(Expression.New(constructor, arguments.Select(f => Column(f, reader))), bindings);
        return Expression.Lambda<Func<NpgsqlDataReader, TView>>(row, reader).Compile();
    }

    private Expression Column(ViewField field, Expression reader)
    {
        var ordinal = Expression.Constant(Fields.ToList().IndexOf(field));
        var stored = Expression.Call(reader, nameof(NpgsqlDataReader.GetFieldValue), [field.Codec.ReadAs], ordinal);
        var value = Expression.Convert(FieldConversions.Call(field.Codec.FromDb, field.ClrType, stored), field.Property.PropertyType);
        return field.IsNullable
            ? Expression.Condition(Expression.Call(reader, nameof(NpgsqlDataReader.IsDBNull), typeArguments: null, ordinal), Expression.Default(value.Type), value)
            : value;
    }
}
