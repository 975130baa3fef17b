using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Vm;

namespace IaaS.Query.Tests;

/// <summary>A kind that the product knows nothing of: this assembly is the plug-in.</summary>
public sealed record LicenceView(string Id, string Product, string VmName, string ProjectId, IReadOnlyList<string> HostIds) : IView<LicenceView>
{
    public static ViewType Type { get; } = new("licence", 1, [new("hosts", "host", "hostIds")], ProjectField: "projectId") { Plural = "licences", Access = ViewAccess.Everyone };

    public static string? RowOf(Recorded happened) => null;

    public static LicenceView? Apply(LicenceView? row, Recorded happened) => row;
}

/// <summary>A relation between two kinds of the product, neither of which this assembly owns.</summary>
public sealed class SameImage : IAddedRelations
{
    public static IEnumerable<(string View, Relation Relation)> Added => [("volume", new Relation("origin", "image", "imageId") { Inverse = "copies" })];
}

public sealed class PluginTests
{
    private static readonly QuerySchema Schema = new(ViewShape.FindAll(typeof(VmView).Assembly).Append(ViewShape.Of<LicenceView>()), [typeof(PluginTests).Assembly]);

    [Fact]
    public void A_kind_of_another_assembly_has_all_that_the_product_s_own_have()
    {
        Assert.Contains(Schema.Kinds, k => k.Name == "licence");
        Assert.Contains("read.\"view_licence\"", Sql("licence where hosts.cluster.name = 'x' and product like 'a%' order by product return id, count(hosts)", project: null), StringComparison.Ordinal);
        // The host has the way back without having heard of licences.
        Assert.Contains("\"host_ids\" @> array", Sql("host where licences.product = 'x' return id", project: null), StringComparison.Ordinal);
        Assert.Contains(new CompletionItem("licences", "relation"), Completion.At("host where lic", 14, Schema, admin: true));
    }

    [Fact]
    public void Its_rows_are_those_of_their_project_as_all_are() =>
        Assert.Contains("\"project_id\" = $", Sql("licence return id", project: "project-a"), StringComparison.Ordinal);

    [Fact]
    public void A_relation_is_added_to_kinds_of_others()
    {
        Assert.Contains("read.\"view_image\"", Sql("volume where origin.name = 'x' return id", project: null), StringComparison.Ordinal);
        Assert.Contains("read.\"view_volume\"", Sql("image where copies.size > 1GiB return id", project: null), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_the_product_can_be_asked_for_over_each_of_its_relations()
    {
        foreach (var kind in Schema.Kinds)
        {
            Assert.NotEmpty(Sql(kind.Name, project: null));
            foreach (var relation in kind.Relations.Values) Assert.Contains("exists", Sql($"{kind.Name} where {relation.Name}.exists", project: null), StringComparison.Ordinal);
        }
    }

    private static string Sql(string text, string? project)
    {
        var context = new CompileContext(Schema, new(project), new(), past: false);
        var compiled = QueryCompiler.Compile(context, ((Answer<QuerySyntax>.Given)QueryParser.ParseOne(text)).Value);
        Assert.True(compiled is not null, $"{context.Refusal}");
        return compiled.Sql;
    }
}
