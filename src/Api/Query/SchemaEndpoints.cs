using IaaS.Api.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using Microsoft.AspNetCore.Mvc;

namespace IaaS.Api.Query;

/// <param name="Fields">What can be compared and returned.</param>
/// <param name="Relations">Ways to other rows.</param>
public sealed record KindBody(string Name, string Plural, IReadOnlyList<FieldBody> Fields, IReadOnlyList<RelationBody> Relations);

/// <param name="Type">text, id, choice, whole, bytes, number, truth, instant, textList or document.</param>
/// <param name="Unit">bytes, UTC, or none.</param>
/// <param name="Choices">The values that a choice can have.</param>
public sealed record FieldBody(string Name, string Type, string? Unit, bool Nullable, IReadOnlyList<string>? Choices);

/// <param name="Kind">What it leads to; elements of a list are <c>vm.nics</c>, and their fields are listed under that name.</param>
/// <param name="Many">False when there is one row at most.</param>
public sealed record RelationBody(string Name, string Kind, bool Many);

/// <param name="Kinds">What queries start from, then the elements of lists.</param>
public sealed record SchemaBody(IReadOnlyList<KindBody> Kinds, IReadOnlyList<KindBody> Elements);

/// <param name="Relations">Relations in a path, at most.</param>
/// <param name="Paths">Different paths to a field that visit no kind twice.</param>
/// <param name="Conditions">Paths times operators.</param>
public sealed record CensusBody(int Relations, long Paths, long Conditions);

/// <summary>What can be asked.</summary>
public sealed class SchemaEndpoints : IEndpoints
{
    private const int CensusDepth = 7;

    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v1/schema").WithTags("query");
        group.MapGet("", (HttpContext http, QueryEngine engine) => TypedResults.Ok(Of(engine.Schema, http.Caller.IsAdmin)))
            .WithName("schema").WithSummary("Kinds, their fields and their relations: what queries are made of.").Produces<SchemaBody>();
        group.MapGet("complete", ([FromQuery] string text, [FromQuery] int? cursor, HttpContext http, QueryEngine engine) =>
                TypedResults.Ok(Completion.At(text, cursor ?? text.Length, engine.Schema, http.Caller.IsAdmin)))
            .WithName("schema-complete").WithSummary("What can stand at the cursor of a query that is being written.").Produces<IReadOnlyList<CompletionItem>>();
        group.MapGet("census", (QueryEngine engine) => TypedResults.Ok(Census.Paths(engine.Schema, CensusDepth)
                .Select((paths, depth) => new CensusBody(depth, paths, paths * Census.Operators)).ToList()))
            .WithName("schema-census").WithSummary("How many different conditions can be written, by the relations in them.").Produces<IReadOnlyList<CensusBody>>();
    }

    private static SchemaBody Of(QuerySchema schema, bool admin)
    {
        var kinds = schema.Kinds.Where(k => k.IsVisible(admin)).ToList();
        var elements = kinds.SelectMany(k => k.Relations.Values).Select(r => r.Target).Where(t => t.Element is not null && t.IsVisible(admin)).Distinct();
        return new([.. kinds.Select(k => Of(k, admin))], [.. elements.Select(k => Of(k, admin)).OrderBy(k => k.Name, StringComparer.Ordinal)]);
    }

    private static KindBody Of(QueryKind kind, bool admin) => new(
        kind.Name, kind.Element?.Name ?? kind.View.Type.Plural,
        [.. kind.Fields.Select(f => new FieldBody(f.Name, char.ToLowerInvariant(f.Kind.ToString()[0]) + f.Kind.ToString()[1..], Unit(f), f.IsNullable, f.Choices.Count > 0 ? f.Choices : null))],
        [.. kind.Relations.Values.Where(r => r.Target.IsVisible(admin)).Select(r => new RelationBody(r.Name, r.Target.Name, r.IsToMany))]);

    private static string? Unit(ViewField field) => field.Kind switch
    {
        FieldKind.Bytes => "bytes",
        FieldKind.Instant => "UTC",
        _ => null,
    };
}
