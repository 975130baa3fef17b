using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class TagTests(Cloud cloud)
{
    private Client Admin => cloud.Admin;

    [Theory]
    [MemberData(nameof(Kinds.All), MemberType = typeof(Kinds))]
    public async Task Every_kind_can_be_tagged(string kindName)
    {
        var made = (await Admin.ChainAsync(Kinds.Of(kindName)))[^1];
        Assert.Empty(Tags((await Admin.GetAsync(made.Path)).Is(200).Json));

        Assert.Equal(["rack"], Tags((await Admin.PutAsync($"{made.Path}/tags/rack")).Is(200).Json));
        Assert.Equal(["env::prod", "rack"], Tags((await Admin.PutAsync($"{made.Path}/tags/env::prod")).Is(200).Json));
        Assert.Equal(["env::prod", "rack"], Tags(Assert.Single((await Admin.GetAsync($"/v1/{made.Kind.Plural}?id={made.Id}")).Is(200).Items)));
        Assert.Equal(["rack"], Tags((await Admin.DeleteAsync($"{made.Path}/tags/env::prod")).Is(200).Json));

        var history = (await Admin.GetAsync($"{made.Path}/events")).Is(200).Items.Skip(1).Select(e => e.Text("type"));
        Assert.Equal(["resource.tagged/1", "resource.tagged/1", "resource.untagged/1"], history);
    }

    [Fact]
    public async Task A_tag_that_is_on_is_not_put_on_again_nor_one_taken_off_that_is_not()
    {
        var zone = (await Admin.ChainAsync(Kinds.Of("zone")))[^1];
        var first = (await Admin.PutAsync($"{zone.Path}/tags/a")).Is(200);

        Assert.Equal(first.Text, (await Admin.PutAsync($"{zone.Path}/tags/a")).Is(200).Text);
        Assert.Equal(first.Text, (await Admin.DeleteAsync($"{zone.Path}/tags/b")).Is(200).Text);

        Assert.Equal(2, (await Admin.GetAsync($"{zone.Path}/events")).Is(200).Items.Count);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("a%252Fb")]
    [InlineData("url::https://example.com/a b?c=d&e=f#g")]
    [InlineData("+1 + 1")]
    [InlineData("größe::Ω😀")]
    [InlineData("a\\b'\"{},;")]
    [InlineData("...")]
    public async Task Any_character_can_be_in_a_tag(string tag)
    {
        var zone = (await Admin.ChainAsync(Kinds.Of("zone")))[^1];
        var path = $"{zone.Path}/tags/{Uri.EscapeDataString(tag)}";

        Assert.Equal([tag], Tags((await Admin.PutAsync(path)).Is(200).Json));
        Assert.Equal([tag], Tags((await Admin.GetAsync(zone.Path)).Is(200).Json));
        Assert.Empty(Tags((await Admin.DeleteAsync(path)).Is(200).Json));
    }

    [Theory]
    [InlineData("%20a")]
    [InlineData("a%20")]
    [InlineData("a%0Ab")]
    [InlineData("::a")]
    [InlineData("a::")]
    public async Task What_is_no_tag_is_refused(string tag) => await cloud.UnchangedAsync(async () =>
    {
        (await Admin.PutAsync($"/v1/zones/zone-demo/tags/{tag}")).IsProblem(400, "request.invalid");
        (await Admin.DeleteAsync($"/v1/zones/zone-demo/tags/{tag}")).IsProblem(400, "request.invalid");
    });

    [Fact]
    public async Task A_tag_has_at_most_200_characters_and_a_resource_at_most_64_tags()
    {
        var zone = (await Admin.ChainAsync(Kinds.Of("zone")))[^1];
        (await Admin.PutAsync($"{zone.Path}/tags/{new string('x', 201)}")).IsProblem(400, "request.invalid");
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async i => (await Admin.PutAsync($"{zone.Path}/tags/n::{i}")).Is(200)));

        (await Admin.PutAsync($"{zone.Path}/tags/one-more")).IsProblem(409, "tag.too-many");

        Assert.Equal(64, Tags((await Admin.GetAsync(zone.Path)).Is(200).Json).Count);
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_tagged()
    {
        var zone = (await Admin.ChainAsync(Kinds.Of("zone")))[^1];
        (await Admin.DeleteAsync(zone.Path)).Is(204);

        (await Admin.PutAsync($"{zone.Path}/tags/a")).IsProblem(410, "zone.deleted");
        (await Admin.PutAsync("/v1/zones/zone-none/tags/a")).IsProblem(404, "zone.not-found");
        (await Admin.PutAsync("/v1/zones/vm-none/tags/a")).IsProblem(404, "zone.not-found");
        (await Admin.PutAsync("/v1/vms/vm-none/tags/a")).IsProblem(404, "vm.not-found");
    }

    [Fact]
    public async Task A_vm_and_its_volume_are_tagged_by_members_of_their_project()
    {
        var tenant = await cloud.TenantAsync();
        var vm = await VmOfAsync(tenant, ["env::prod", "b", "b"]);
        var (vmPath, volumePath) = ($"/v1/vms/{vm.Id}", $"/v1/volumes/{vm.Text("rootVolumeId")}");

        Assert.Equal(["b", "env::prod"], Tags(vm));
        Assert.Equal(["a", "b", "env::prod"], Tags((await tenant.Member.PutAsync($"{vmPath}/tags/a")).Is(200).Json));
        Assert.Equal(["a", "env::prod"], Tags((await tenant.Member.DeleteAsync($"{vmPath}/tags/b")).Is(200).Json));
        Assert.Equal(["disk::root"], Tags((await tenant.Member.PutAsync($"{volumePath}/tags/disk::root")).Is(200).Json));
        Assert.Equal(["disk::root", "other"], Tags((await Admin.PutAsync($"{volumePath}/tags/other")).Is(200).Json));
        await tenant.Member.DoAsync(tenant.Member.DeleteAsync(vmPath));
        (await Admin.PutAsync($"{vmPath}/tags/late")).IsProblem(410, "vm.deleted");
        (await Admin.PutAsync($"{volumePath}/tags/late")).IsProblem(410, "volume.deleted");
    }

    [Fact]
    public async Task Nobody_tags_what_is_not_his_to_change()
    {
        var (own, other) = (await cloud.TenantAsync(), await cloud.TenantAsync());
        var vm = await VmOfAsync(own, []);
        await cloud.UnchangedAsync(async () =>
        {
            foreach (var path in new[] { $"/v1/vms/{vm.Id}", $"/v1/volumes/{vm.Text("rootVolumeId")}" })
            {
                var code = path.Contains("volumes", StringComparison.Ordinal) ? "volume.not-found" : "vm.not-found";
                (await other.Member.PutAsync($"{path}/tags/a")).IsProblem(404, code);
                (await other.Member.DeleteAsync($"{path}/tags/a")).IsProblem(404, code);
                (await own.Reader.PutAsync($"{path}/tags/a")).IsProblem(403, "auth.forbidden");
                (await own.Reader.DeleteAsync($"{path}/tags/a")).IsProblem(403, "auth.forbidden");
            }

            // Infrastructure, what all share, and the project itself are the administrators'.
            foreach (var path in new[] { "zones/zone-demo", "hosts/host-demo-01", "images/image-demo", "l3-networks/l3-demo", "offerings/offering-small", $"projects/{own.Project}" })
            {
                (await own.Member.PutAsync($"/v1/{path}/tags/a")).IsProblem(403, "auth.forbidden");
                (await own.Member.DeleteAsync($"/v1/{path}/tags/a")).IsProblem(403, "auth.forbidden");
            }
        });
    }

    [Fact]
    public async Task A_vm_is_not_created_with_what_is_no_tag()
    {
        var body = new Dictionary<string, object?>(Cloud.SmallVm(Cloud.NewId("vm")), StringComparer.Ordinal) { ["tags"] = new[] { "a", "b " } };
        await cloud.UnchangedAsync(async () => (await Admin.PostAsync("/v1/vms", body)).IsProblem(400, "request.invalid"));
    }

    private async Task<JsonElement> VmOfAsync(Tenant tenant, string[] tags)
    {
        var id = Cloud.NewId("vm");
        await tenant.Member.DoAsync(tenant.Member.PostAsync("/v1/vms", new Dictionary<string, object?>(Cloud.SmallVm(id), StringComparer.Ordinal) { ["tags"] = tags }));
        return await cloud.VmAsync(id);
    }

    private static IReadOnlyList<string> Tags(JsonElement row) => [.. row.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!)];
}
