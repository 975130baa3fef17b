using System.Text;

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>Asserts that a request changed nothing.</summary>
public static class Unchanged
{
    private static readonly string[] Lists =
    [
        "zones", "clusters", "hosts", "offerings", "disk-offerings", "storages", "images", "l2-networks", "l3-networks", "projects", "tokens", "vms", "volumes",
    ];

    extension(Cloud cloud)
    {
        /// <param name="act">What must change nothing.</param>
        /// <param name="operations">True where it is refused by the resource itself: then the record of the refused operation is left, and only that.</param>
        public async Task UnchangedAsync(Func<Task> act, bool operations = false)
        {
            var (position, lists) = (await cloud.Server.PositionAsync(), operations ? await ListsAsync(cloud.Admin) : "");

            await act();

            if (!operations)
            {
                Assert.Equal(position, await cloud.Server.PositionAsync());
                return;
            }

            var now = await cloud.Server.PositionAsync();
            Assert.True(now > position, "A refusal by the resource itself is on record.");
            Assert.Equal(lists, await ListsAsync(cloud.Admin));
            var last = (await cloud.Admin.GetAsync("/v1/operations?sort=-createdAt&limit=1")).Is(200).Items[0];
            Assert.Equal("Failed", last.Text("state"));
        }
    }

    private static async Task<string> ListsAsync(Client admin)
    {
        var all = new StringBuilder();
        foreach (var list in Lists)
        {
            foreach (var row in await admin.AllAsync($"/v1/{list}")) all.AppendLine(row.GetRawText());
        }

        return all.ToString();
    }
}
