using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class ResourceTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task What_is_created_is_shown_listed_and_has_a_history(string kindName)
    {
        var kind = Kinds.Of(kindName);
        var parent = kind.Parent is { } above ? (await Admin.ChainAsync(Kinds.Of(above)))[^1].Id : "";
        var id = Cloud.NewId(kind.Name);

        var created = (await Admin.PostAsync($"/v1/{kind.Plural}", kind.Body(id, parent))).Is(201);

        Assert.Equal($"/v1/{kind.Plural}/{id}", created.Location);
        Assert.Equal(id, created.Json.Id);
        var got = (await Admin.GetAsync(created.Location!)).Is(200).Json;
        Assert.Equal($"name of {id}", got.Text("name"));
        Assert.All(kind.Fields(parent).Where(f => f.Key is not ("cpus" or "role")), f => Assert.Equal($"{f.Value}", got.Text(f.Key)));
        Assert.Equal(got.GetRawText(), Assert.Single((await Admin.GetAsync($"/v1/{kind.Plural}?id={id}")).Is(200).Items).GetRawText());
        Assert.Contains((await Admin.AllAsync($"/v1/{kind.Plural}?sort=-createdAt")), r => r.Id == id);
        var first = (await Admin.GetAsync($"{created.Location}/events")).Is(200).Items[0];
        Assert.Equal(($"{kind.Name}.created/1", "create", 1L), (first.Text("type"), first.Text("cause"), first.Number("version")));
        var operation = (await Admin.GetAsync($"/v1/operations/{first.Text("operation")}")).Is(200).Json;
        Assert.Equal(($"{kind.Name}.create", "Succeeded", id), (operation.Text("name"), operation.Text("state"), operation.Text("subject")));
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task An_id_that_is_not_sent_is_made(string kindName)
    {
        var kind = Kinds.Of(kindName);
        var parent = kind.Parent is { } above ? (await Admin.ChainAsync(Kinds.Of(above)))[^1].Id : "";
        var body = kind.Body("", parent);
        body.Remove("id");

        var created = (await Admin.PostAsync($"/v1/{kind.Plural}", body)).Is(201);

        Assert.StartsWith($"{kind.Name}-", created.Json.Id, StringComparison.Ordinal);
        (await Admin.GetAsync(created.Location!)).Is(200);
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task It_is_renamed_disabled_and_enabled_where_its_kind_can_be(string kindName)
    {
        var kind = Kinds.Of(kindName);
        var made = (await Admin.ChainAsync(kind))[^1];
        if (!kind.CanChange)
        {
            (await Admin.PatchAsync(made.Path, new { name = "new" })).IsProblem(405, "http.no-such-method");
            (await Admin.PostAsync($"{made.Path}/disable")).IsProblem(404, "http.no-such-path");
            return;
        }

        var renamed = (await Admin.PatchAsync(made.Path, new { name = "new name", description = "why" })).Is(200).Json;
        Assert.Equal(("new name", "why"), (renamed.Text("name"), renamed.Text("description")));
        Assert.False((await Admin.PostAsync($"{made.Path}/disable")).Is(200).Json.GetProperty("enabled").GetBoolean());
        Assert.False((await Admin.PostAsync($"{made.Path}/disable")).Is(200).Json.GetProperty("enabled").GetBoolean());
        Assert.Equal(made.Id, Assert.Single((await Admin.GetAsync($"/v1/{kind.Plural}?enabled=false&id={made.Id}")).Is(200).Items).Id);
        Assert.True((await Admin.PostAsync($"{made.Path}/enable")).Is(200).Json.GetProperty("enabled").GetBoolean());
        var history = (await Admin.GetAsync($"{made.Path}/events")).Is(200).Items.Select(e => e.Text("type"));
        Assert.Equal([$"{kind.Name}.created/1", "resource.renamed/1", "resource.disabled/1", "resource.enabled/1"], history);
    }

    [Theory]
    [MemberData(nameof(Kinds.WithParent), MemberType = typeof(Kinds))]
    public async Task A_parent_is_not_deleted_while_something_stands_on_it_and_a_chain_is_from_leaf_to_root(string kindName)
    {
        var chain = await Admin.ChainAsync(Kinds.Of(kindName));

        foreach (var (parent, child) in chain.Zip(chain.Skip(1)))
        {
            var refused = (await Admin.DeleteAsync(parent.Path)).IsProblem(409, $"{parent.Kind.Name}.in-use");
            Assert.Contains(child.Id, refused.Detail, StringComparison.Ordinal);
            (await Admin.GetAsync(parent.Path)).Is(200);
        }

        foreach (var made in chain.Reverse()) (await Admin.DeleteAsync(made.Path)).Is(204);
        foreach (var made in chain)
        {
            (await Admin.GetAsync(made.Path)).IsProblem(410, $"{made.Kind.Name}.deleted");
            Assert.Empty((await Admin.GetAsync($"/v1/{made.Kind.Plural}?id={made.Id}")).Is(200).Items);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task What_is_deleted_is_gone_but_its_history_and_its_id_stay(string kindName)
    {
        var chain = await Admin.ChainAsync(Kinds.Of(kindName));
        var made = chain[^1];

        (await Admin.DeleteAsync(made.Path)).Is(204);

        (await Admin.GetAsync(made.Path)).IsProblem(410, $"{made.Kind.Name}.deleted");
        Assert.Equal("resource.deleted/1", (await Admin.GetAsync($"{made.Path}/events")).Is(200).Items[^1].Text("type"));
        var again = made.Kind.Body(made.Id, chain.Count > 1 ? chain[^2].Id : "");
        (await Admin.PostAsync($"/v1/{made.Kind.Plural}", again)).IsProblem(409, $"{made.Kind.Name}.already-exists");
        if (made.Kind.CanChange) (await Admin.PatchAsync(made.Path, new { name = "late" })).IsProblem(410, $"{made.Kind.Name}.deleted");
        // Nothing is left that would keep its parent from being deleted.
        if (chain.Count > 1) (await Admin.DeleteAsync(chain[^2].Path)).Is(204);
    }

    [Theory]
    [MemberData(nameof(Kinds.WithParent), MemberType = typeof(Kinds))]
    public async Task Nothing_is_created_under_a_parent_that_is_deleted_or_never_was(string kindName)
    {
        var kind = Kinds.Of(kindName);
        var parent = (await Admin.ChainAsync(Kinds.Of(kind.Parent!)))[^1];
        (await Admin.DeleteAsync(parent.Path)).Is(204);
        foreach (var wrong in new[] { parent.Id, $"{kind.Parent}-never-was" })
        {
            var id = Cloud.NewId(kind.Name);

            var refused = await Admin.PostAsync($"/v1/{kind.Plural}", kind.Body(id, wrong));

            // Which of the two depends on who notices first: the catalogue in memory, or the parent itself.
            if (refused.Status == 410) refused.IsProblem(410, $"{kind.Parent}.deleted");
            else refused.IsProblem(404, $"{kind.Parent}.not-found");
            (await Admin.GetAsync($"/v1/{kind.Plural}/{id}")).IsProblem(404, $"{kind.Name}.not-found");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task The_same_id_twice_is_refused_and_the_first_is_untouched(string kindName)
    {
        var chain = await Admin.ChainAsync(Kinds.Of(kindName));
        var made = chain[^1];
        var before = (await Admin.GetAsync(made.Path)).Is(200).Text;
        var body = made.Kind.Body(made.Id, chain.Count > 1 ? chain[^2].Id : "");
        body["name"] = "the second";

        (await Admin.PostAsync($"/v1/{made.Kind.Plural}", body)).IsProblem(409, $"{made.Kind.Name}.already-exists");

        Assert.Equal(before, (await Admin.GetAsync(made.Path)).Is(200).Text);
        // The refused second must not have loosened what the first holds on to, nor tied it twice.
        if (chain.Count > 1) (await Admin.DeleteAsync(chain[^2].Path)).IsProblem(409, $"{chain[^2].Kind.Name}.in-use");
        foreach (var each in chain.Reverse()) (await Admin.DeleteAsync(each.Path)).Is(204);
    }
}
