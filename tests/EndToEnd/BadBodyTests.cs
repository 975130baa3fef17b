using System.Net.Http.Headers;
using System.Text;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

/// <summary>Bodies that are wrong: refused with a stable code, before anything has happened.</summary>
[Collection(CloudTests.Name)]
public sealed class BadBodyTests(Cloud cloud)
{
    private const string Vm = """ "name":"n","imageId":"image-demo","offeringId":"offering-small" """;

    private Client Admin => cloud.Admin;

    [Theory]
    [InlineData("", "request.malformed")]
    [InlineData("null", "request.malformed")]
    [InlineData("{", "request.malformed")]
    [InlineData("not json", "request.malformed")]
    [InlineData("{} {}", "request.malformed")]
    [InlineData("""{ "name": "a", "name": "b" }""", "request.malformed")]
    [InlineData("[]", "request.wrong-type")]
    [InlineData("\"text\"", "request.wrong-type")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "request.malformed")]
    [InlineData("{}", "request.missing-field")]
    [InlineData("""{ "name": "n" }""", "request.missing-field")]
    [InlineData("{ " + Vm + """, "colour": "red" }""", "request.unknown-field")]
    [InlineData("{ " + Vm + """, "NAME": "n" }""", "request.unknown-field")]
    [InlineData("""{ "name": 7, "imageId": "image-demo", "offeringId": "offering-small" }""", "request.wrong-type")]
    [InlineData("""{ "name": null, "imageId": "image-demo", "offeringId": "offering-small" }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "networkIds": "l3-demo" }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "networkIds": [null] }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "nics": [null] }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "networkIds": [7] }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "rootDiskSize": "10 GiB" }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "rootDiskSize": 1.5 }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "rootDiskSize": 99999999999999999999 }""", "request.wrong-type")]
    [InlineData("{ " + Vm + """, "description": "\u0000" }""", "request.bad-text")]
    [InlineData("{ " + Vm + """, "description": "a\u0000b" }""", "request.bad-text")]
    [InlineData("{ " + Vm + """, "zoneId": "zone-\u0000" }""", "request.bad-text")]
    [InlineData("{ " + Vm + """, "description": "\ud800" }""", "request.bad-text")]
    [InlineData("{ " + Vm + """, "\u0000": 1 }""", "request.bad-text")]
    public async Task A_body_that_cannot_be_read_is_refused(string body, string code) =>
        await cloud.UnchangedAsync(async () => (await Admin.SendTextAsync(HttpMethod.Post, "/v1/vms", body)).IsProblem(400, code));

    [Fact]
    public async Task A_null_character_that_is_not_escaped_is_refused() =>
        await cloud.UnchangedAsync(async () => (await Admin.SendTextAsync(HttpMethod.Post, "/v1/zones", "{ \"name\": \"a\0b\" }")).IsProblem(400, "request.malformed"));

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused() => await cloud.UnchangedAsync(async () =>
    {
        using var content = new ByteArrayContent([.. "{ \"name\": \""u8, 0xff, 0xfe, .. "\" }"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await Admin.SendContentAsync(HttpMethod.Post, "/v1/zones", content)).IsProblem(400, "request.bad-text");
    });

    [Theory]
    [InlineData("""{ "name": "n", "imageId": "image-demo" }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "cpus": 1 }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "cpus": 0, "memory": 536870912 }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "cpus": -1, "memory": 536870912 }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "cpus": 1, "memory": -1 }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "cpus": 1, "memory": 9223372036854775807 }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "cpus": 1, "memory": 536870912 }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "rootDiskSize": 1 }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "rootDiskSize": -1 }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "rootDiskSize": 9223372036854775807 }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "id": "VM-1" }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "id": "zone-1" }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "id": "vm-" }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "id": "vm-a b" }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "id": "" }""", 400, "request.invalid")]
    [InlineData("""{ "name": "", "imageId": "image-demo", "offeringId": "offering-small" }""", 400, "request.invalid")]
    [InlineData("""{ "name": "a\nb", "imageId": "image-demo", "offeringId": "offering-small" }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "nics": [{ "l3Id": "l3-demo", "address": "10.0.0" }] }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "nics": [], "networkIds": [] }""", 400, "request.invalid")]
    [InlineData("{ " + Vm + """, "networkIds": ["l3-demo","l3-demo","l3-demo","l3-demo","l3-demo","l3-demo","l3-demo","l3-demo","l3-demo"] }""", 400, "request.invalid")]
    [InlineData("""{ "name": "n", "imageId": "image-none", "offeringId": "offering-small" }""", 404, "image.not-found")]
    [InlineData("""{ "name": "n", "imageId": "zone-demo", "offeringId": "offering-small" }""", 404, "image.not-found")]
    [InlineData("""{ "name": "n", "imageId": "", "offeringId": "offering-small" }""", 404, "image.not-found")]
    [InlineData("""{ "name": "n", "imageId": "image-demo", "offeringId": "offering-none" }""", 404, "offering.not-found")]
    [InlineData("{ " + Vm + """, "diskOfferingId": "diskoffering-none" }""", 404, "diskoffering.not-found")]
    [InlineData("{ " + Vm + """, "networkIds": ["l3-none"] }""", 404, "l3.not-found")]
    [InlineData("{ " + Vm + """, "projectId": "project-none" }""", 404, "project.not-found")]
    public async Task A_vm_that_cannot_be_is_refused(string body, int status, string code) =>
        await cloud.UnchangedAsync(async () => (await Admin.SendTextAsync(HttpMethod.Post, "/v1/vms", body)).IsProblem(status, code));

    [Theory]
    [InlineData("zones", """ "description": null """)]
    [InlineData("clusters", """ "zoneId": "zone-demo" """)]
    [InlineData("offerings", """ "cpus": 1, "memory": 1073741824 """)]
    [InlineData("projects", """ "quota": null """)]
    [InlineData("tokens", """ "role": "Admin" """)]
    public async Task A_name_of_300_characters_is_refused_everywhere(string plural, string rest) => await cloud.UnchangedAsync(async () =>
    {
        var refused = (await Admin.SendTextAsync(HttpMethod.Post, $"/v1/{plural}", $$"""{ "name": "{{new string('x', 300)}}", {{rest}} }""")).IsProblem(400, "request.invalid");
        Assert.True(refused.Json.GetProperty("errors").TryGetProperty("name", out _), refused.Text);
    });

    [Theory]
    [InlineData("zones", """{ "name": "n", "description": 1 }""", 400, "request.wrong-type")]
    [InlineData("hosts", """{ "name": "n", "clusterId": "cluster-demo-a", "cpus": 4, "memory": -5 }""", 400, "request.invalid")]
    [InlineData("hosts", """{ "name": "n", "clusterId": "cluster-demo-a", "cpus": 4, "memory": 1073741824, "reservedMemory": 1073741824 }""", 400, "request.invalid")]
    [InlineData("hosts", """{ "name": "n", "clusterId": "cluster-none", "cpus": 4, "memory": 1073741824 }""", 404, "cluster.not-found")]
    [InlineData("offerings", """{ "name": "n", "cpus": 100000, "memory": 1073741824 }""", 400, "request.invalid")]
    [InlineData("offerings", """{ "name": "n", "cpus": 1, "memory": -1073741824 }""", 400, "request.invalid")]
    [InlineData("disk-offerings", """{ "name": "n", "size": 0 }""", 400, "request.invalid")]
    [InlineData("storages", """{ "name": "n", "capacity": 1073741824 }""", 400, "request.missing-field")]
    [InlineData("storages", """{ "name": "n", "zoneId": "zone-demo", "capacity": -1 }""", 400, "request.invalid")]
    [InlineData("storages", """{ "name": "n", "zoneId": "zone-demo", "capacity": 1073741824, "clusterIds": [null] }""", 400, "request.wrong-type")]
    [InlineData("storages", """{ "name": "n", "zoneId": "zone-demo", "capacity": 1073741824, "path": "\u0000" }""", 400, "request.bad-text")]
    [InlineData("storages", """{ "name": "n", "zoneId": "zone-demo", "capacity": 1073741824, "driver": "local", "path": "../etc" }""", 400, "request.invalid")]
    [InlineData("l2-networks", """{ "name": "n", "zoneId": "zone-demo", "bridge": "a-bridge-whose-name-is-long" }""", 400, "request.invalid")]
    [InlineData("l2-networks", """{ "name": "n", "zoneId": "zone-demo", "bridge": "br0", "vlan": 4095 }""", 400, "request.invalid")]
    [InlineData("l3-networks", """{ "name": "n", "l2Id": "l2-demo", "cidr": "10.0.0.1/8" }""", 400, "request.invalid")]
    [InlineData("l3-networks", """{ "name": "n", "l2Id": "l2-demo", "cidr": "10.0.0.0/33" }""", 400, "request.invalid")]
    [InlineData("l3-networks", """{ "name": "n", "l2Id": "l2-demo", "cidr": "10.0.0.0/8", "gateway": "11.0.0.1" }""", 400, "request.invalid")]
    [InlineData("storages", """{ "name": "n", "zoneId": "zone-demo", "capacity": 1073741824, "clusterIds": ["no id at all"] }""", 400, "request.invalid")]
    [InlineData("l2-networks", """{ "name": "n", "zoneId": "zone-demo", "bridge": "br0", "clusterIds": ["no id at all"] }""", 400, "request.invalid")]
    [InlineData("tokens", """{ "name": "n", "role": "Member", "projectId": "no id at all" }""", 400, "request.invalid")]
    [InlineData("tokens", """{ "name": "n", "role": "Agent", "clusterId": "zone-demo" }""", 400, "request.invalid")]
    [InlineData("tokens", """{ "name": "n", "role": "Emperor" }""", 400, "request.wrong-type")]
    [InlineData("tokens", """{ "name": "n", "role": "Member" }""", 400, "request.invalid")]
    [InlineData("tokens", """{ "name": "n", "role": "Admin", "projectId": "project-default" }""", 400, "request.invalid")]
    [InlineData("tokens", """{ "name": "n", "role": "Admin", "description": "\u0000" }""", 400, "request.bad-text")]
    [InlineData("projects", """{ "name": "n", "quota": { "vms": -1, "cpus": null, "memory": null, "storage": null } }""", 400, "request.invalid")]
    [InlineData("images", """{ "name": "n", "location": "simulator:x" }""", 400, "request.missing-field")]
    [InlineData("images", """{ "name": "n", "location": "simulator:x", "size": 1073741824, "format": "iso" }""", 400, "request.invalid")]
    [InlineData("images", """{ "name": "n", "location": "relative/path", "size": 1073741824 }""", 400, "image.unreadable")]
    [InlineData("images", """{ "name": "n", "location": "file:///etc/hostname", "size": 1073741824 }""", 400, "image.unreadable")]
    public async Task A_resource_that_cannot_be_is_refused(string plural, string body, int status, string code) =>
        await cloud.UnchangedAsync(async () => (await Admin.SendTextAsync(HttpMethod.Post, $"/v1/{plural}", body)).IsProblem(status, code));

    [Theory]
    [InlineData("10.0.5.0", "10.0.5.9", 409, "l3.range-overlaps")]
    [InlineData("11.0.0.1", "11.0.0.9", 400, "l3.bad-range")]
    [InlineData("10.0.0.9", "10.0.0.2", 400, "l3.bad-range")]
    [InlineData("10.0.0.0", "10.0.0.9", 400, "l3.bad-range")]
    [InlineData("10.0.0.1", "10.0.0.9", 400, "l3.bad-range")]
    [InlineData("10.0.0.2", "10.0.0.999", 400, "request.invalid")]
    [InlineData("010.0.0.2", "10.0.0.9", 400, "request.invalid")]
    public async Task An_address_range_that_cannot_be_is_refused(string first, string last, int status, string code)
    {
        var operations = code.StartsWith("l3.", StringComparison.Ordinal);
        await cloud.UnchangedAsync(async () => (await Admin.PostAsync("/v1/l3-networks/l3-demo/ranges", new { id = "bad", first, last })).IsProblem(status, code), operations);
    }

    [Fact]
    public async Task A_file_that_is_no_image_and_one_that_is_missing_are_refused() => await cloud.UnchangedAsync(async () =>
    {
        var text = Path.Combine(Path.GetTempPath(), $"{Cloud.NewId("no-image")}.txt");
        await File.WriteAllTextAsync(text, "This is a text of some length, but no image of a disk at all, whatever is said of it by those who want it to be one.", Encoding.UTF8);
        try
        {
            (await Admin.PostAsync("/v1/images", new { name = "n", location = text })).IsProblem(400, "image.not-an-image");
            (await Admin.PostAsync("/v1/images", new { name = "n", location = text, format = "raw" })).IsProblem(400, "image.not-an-image");
        }
        finally
        {
            File.Delete(text);
        }

        (await Admin.PostAsync("/v1/images", new { name = "n", location = text })).IsProblem(400, "image.unreadable");
        (await Admin.PostAsync("/v1/images", new { name = "n", location = Path.GetTempPath() })).IsProblem(400, "image.unreadable");
    });

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task A_body_of_10_MB_is_refused(bool saysItsLength, bool asksFirst) => await cloud.UnchangedAsync(async () =>
    {
        var bytes = Encoding.ASCII.GetBytes($$"""{ "name": "{{new string('x', 10 << 20)}}" }""");
        using HttpContent content = saysItsLength ? new ByteArrayContent(bytes) : new StreamContent(new Endless(bytes));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await Admin.SendContentAsync(HttpMethod.Post, "/v1/zones", content, expectContinue: asksFirst)).IsProblem(413, "request.too-large");
    });

    /// <summary>A stream that cannot tell its length, so that the body is sent in chunks.</summary>
    private sealed class Endless(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
