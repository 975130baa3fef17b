using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;

namespace IaaS.Projections.Query.Compile;

/// <summary>One relation of a path, and what the row that it leads to must fulfil.</summary>
internal sealed record Hop(QueryRelation Relation, ConditionSyntax? Filter);

/// <summary>A path with its names looked up.</summary>
/// <param name="Field">At its end; null when it ends with a relation.</param>
/// <param name="Kind">The kind that has the field, or that the last relation leads to.</param>
internal sealed record BoundPath(IReadOnlyList<Hop> Hops, ViewField? Field, QueryKind Kind, PathSyntax Syntax)
{
    public bool IsToMany => Hops.Any(h => h.Relation.IsToMany);

    public string Text => string.Join('.', Syntax.Segments.Select(s => s.Name));
}

internal static class PathBinder
{
    /// <summary>Null, with the reason noted, when a name is unknown to the caller.</summary>
    public static BoundPath? Bind(CompileContext context, QueryKind kind, PathSyntax path)
    {
        List<Hop> hops = [];
        for (var i = 0; i < path.Segments.Count; i++)
        {
            var segment = path.Segments[i];
            var last = i == path.Segments.Count - 1;
            if (kind.Relations.TryGetValue(segment.Name, out var relation) && relation.Target.IsVisible(context.Caller.IsAdmin))
            {
                hops.Add(new(relation, segment.Filter));
                kind = relation.Target;
                if (hops.Count <= context.Limits.Depth) continue;
                context.Refuse(Refusals.TooDeep(path.Segments.Count, context.Limits.Depth), segment.At);
                return null;
            }

            if (kind.Field(segment.Name) is not { } field)
            {
                context.Refuse(Refusals.UnknownField(kind, segment.Name, context.Caller.IsAdmin), segment.At);
                return null;
            }

            if (last && segment.Filter is null) return new(hops, field, kind, path);
            context.Refuse(Refusals.NotARelation(segment.Name), segment.At);
            return null;
        }

        return new(hops, Field: null, kind, path);
    }

    /// <summary>As <see cref="Bind"/>, and refused when there is no field at the end.</summary>
    public static BoundPath? BindField(CompileContext context, QueryKind kind, PathSyntax path)
    {
        if (Bind(context, kind, path) is not { } bound) return null;
        if (bound.Field is not null) return bound;
        context.Refuse(Refusals.NotAField(bound.Text), path.At);
        return null;
    }

    /// <summary>As <see cref="Bind"/>, and refused when there is a field at the end.</summary>
    public static BoundPath? BindRelation(CompileContext context, QueryKind kind, PathSyntax path)
    {
        if (Bind(context, kind, path) is not { } bound) return null;
        if (bound.Field is null) return bound;
        context.Refuse(Refusals.NotARelation(bound.Text), path.At);
        return null;
    }
}
