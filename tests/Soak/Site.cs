namespace IaaS.Soak;

/// <summary>What the clients' VMs stand on: the demo, and things of which there is too little.</summary>
internal static class Site
{
    public const int Hosts = 4;
    public const string Image = "image-demo";
    public const string WideNetwork = "l3-demo";
    public const string TightNetwork = "l3-soak-tight";
    public const string WideProject = "project-soak-wide";
    public const string TightProject = "project-soak-tight";

    public static async Task BuildAsync(Plane plane, CancellationToken ct)
    {
        await MakeAsync("projects", new { id = WideProject, name = "wide" });
        await MakeAsync("projects", new { id = TightProject, name = "tight", quota = new { vms = 20, cpus = 60, memory = (long?)null, storage = (long?)null } });
        await MakeAsync("l3-networks", new { id = TightNetwork, name = "tight", l2Id = "l2-demo", cidr = "192.168.0.0/24" });
        await MakeAsync($"l3-networks/{TightNetwork}/ranges", new { first = "192.168.0.10", last = "192.168.0.29" });

        async Task MakeAsync(string path, object body)
        {
            var answer = await plane.AskAsync(HttpMethod.Post, $"/v1/{path}", body, ct);
            if (!answer.IsAcknowledged) throw new SoakFailedException($"{path}: {answer.Status} {answer.Text}");
        }
    }
}
