using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests;

[Collection(CloudTests.Name)]
public sealed class AuditTests(Cloud cloud)
{
    [Fact]
    public async Task A_cloud_that_is_used_adds_up_and_only_administrators_ask()
    {
        var tenant = await cloud.TenantAsync();
        var vm = await cloud.RunningVmAsync();

        var audit = (await cloud.Server.Admin.GetAsync("/v1/audit")).Is(200).Json;

        Assert.Empty(audit.GetProperty("findings").EnumerateArray());
        Assert.InRange(audit.Number("vms"), 1, long.MaxValue);
        Assert.InRange(audit.Number("events"), 10, long.MaxValue);
        (await tenant.Member.GetAsync("/v1/audit")).IsProblem(403, "auth.forbidden");
        await cloud.Server.Admin.DoAsync(cloud.Server.Admin.DeleteAsync($"/v1/vms/{vm.Id}"));
    }
}
