using System.Text.Json;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class ApprovedTests(Cloud cloud)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    private Client Anyone => cloud.Server.Anonymous;

    [Fact]
    public async Task The_api_is_the_one_that_was_agreed_on()
    {
        var api = (await Anyone.GetAsync("/openapi/v1.json")).Is(200).Json;

        Assert.NotEmpty(api.GetProperty("paths").EnumerateObject());
        await Approved.IsAsync("openapi.approved.json", JsonSerializer.Serialize(api, Indented) + "\n");
    }

    [Fact]
    public async Task The_metrics_are_those_that_were_agreed_on()
    {
        await cloud.RunningVmAsync();

        var metrics = (await Anyone.GetAsync("/metrics")).Is(200).Text;

        var ours = metrics.Split('\n').Where(l => l.StartsWith("# TYPE iaas_", StringComparison.Ordinal)).Select(l => l["# TYPE ".Length..].Trim()).Order(StringComparer.Ordinal);
        await Approved.IsAsync("metrics.approved.txt", string.Join('\n', ours) + "\n");
    }

    [Fact]
    public async Task The_reference_is_a_page_for_people()
    {
        var page = (await Anyone.GetAsync("/docs/")).Is(200);

        Assert.Equal("text/html", page.ContentType);
        Assert.Contains("IaaS control plane", page.Text, StringComparison.Ordinal);
        Assert.Equal("/docs", (await Anyone.GetAsync("/")).Is(302).Location);
    }

    [Fact]
    public async Task Health_is_told_to_everybody()
    {
        Assert.Equal("alive", (await Anyone.GetAsync("/health/live")).Is(200).Json.Text("status"));
        var ready = (await Anyone.GetAsync("/health/ready")).Is(200).Json;
        Assert.Equal("ready", ready.Text("status"));
        Assert.True(ready.Number("position") > 0);
        Assert.True(ready.Number("lag") >= 0);
        Assert.Equal(0, ready.GetProperty("stopped").GetArrayLength());
    }
}
