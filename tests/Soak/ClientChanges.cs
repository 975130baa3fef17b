using System.Globalization;
using System.Text.Json;

namespace IaaS.Soak;

/// <summary>The changes that clients ask for.</summary>
internal sealed partial class Client
{
    private const int MostVms = 12;
    private const int MostResources = 4;
    private const int OneInOthers = 6;

    private readonly List<FleetVm> mine = [];
    private readonly List<(string Plural, string Id)> resources = [];

    private Task CreateVmAsync()
    {
        mine.RemoveAll(vm => vm.Believed is "Gone");
        if (mine.Count >= MostVms) return ChangeAsync(mine[random.Next(mine.Count)], "destroy");
        var vm = new FleetVm(NewId("vm"));
        mine.Add(vm);
        fleet.Add(vm);
        return DoAsync(new Ask(HttpMethod.Post, "/v1/vms", JsonSerializer.Serialize(OrderOf(vm.Id)), "vm.create", vm.Id, NewKey()), vm);
    }

    /// <summary>Mostly small; some too large for any host, over their project's quota, or with an address that another has.</summary>
    private Dictionary<string, object> OrderOf(string id)
    {
        Dictionary<string, object> order = new(StringComparer.Ordinal)
        {
            ["id"] = id,
            ["name"] = id,
            ["imageId"] = Site.Image,
            ["projectId"] = random.Next(4) switch { 0 => Site.TightProject, 1 => Site.WideProject, _ => "project-default" },
        };
        switch (random.Next(20))
        {
            case 0:
                (order["cpus"], order["memory"]) = (8, 2L << 40);
                break;
            case 1 or 2:
                (order["cpus"], order["memory"]) = (8, 200L << 30);
                break;
            default:
                order["offeringId"] = random.Next(4) == 0 ? "offering-large" : "offering-small";
                break;
        }

        if (random.Next(3) == 0) order["rootDiskSize"] = (long)random.Next(2, 40) << 30;
        switch (random.Next(10))
        {
            case 0:
                order["nics"] = new[] { new { l3Id = Site.WideNetwork, address = string.Create(CultureInfo.InvariantCulture, $"10.200.0.{random.Next(1, 20)}") } };
                break;
            case 1 or 2:
                order["networkIds"] = new[] { Site.WideNetwork, Site.TightNetwork };
                break;
            case 3:
                break;
            default:
                order["networkIds"] = new[] { Site.WideNetwork };
                break;
        }

        return order;
    }

    private async Task ChangeVmAsync()
    {
        mine.RemoveAll(vm => vm.Believed is "Gone");
        var vm = random.Next(OneInOthers) == 0 || mine.Count == 0 ? fleet.AnyVm(random) : mine[random.Next(mine.Count)];
        if (vm is not { IsAcknowledged: true } || (vm.Believed is "Gone" && random.Next(4) != 0)) return;
        var die = random.Next(100);
        await ChangeAsync(vm, vm.Believed switch
        {
            "Running" => die < 25 ? "stop" : die < 40 ? "reboot" : die < 55 ? "pause" : die < 70 ? "migrate" : die < 80 ? "recycle" : die < 97 ? "destroy" : "start",
            "Stopped" => die < 50 ? "start" : die < 65 ? "resize" : die < 75 ? "recycle" : die < 95 ? "destroy" : "stop",
            "Paused" => die < 75 ? "resume" : die < 95 ? "destroy" : "stop",
            "Recycled" => die < 50 ? "recover" : die < 95 ? "destroy" : "start",
            _ => die < 50 ? "destroy" : die < 65 ? "stop" : die < 80 ? "start" : "reboot",
        });
    }

    private Task ChangeAsync(FleetVm vm, string verb)
    {
        if (!vm.IsAcknowledged) return Task.CompletedTask;
        switch (verb)
        {
            case "destroy":
                vm.MayBeGone = true;
                return DoAsync(new Ask(HttpMethod.Delete, $"/v1/vms/{vm.Id}?expunge=true", Body: null, "vm.destroy", vm.Id, NewKey()), vm);
            case "recycle":
                return DoAsync(new Ask(HttpMethod.Delete, $"/v1/vms/{vm.Id}", Body: null, "vm.recycle", vm.Id, NewKey()), vm);
            default:
                return DoAsync(new Ask(HttpMethod.Post, $"/v1/vms/{vm.Id}/{verb}", BodyOf(verb), $"vm.{verb}", vm.Id, NewKey()), vm);
        }
    }

    private string? BodyOf(string verb) => verb switch
    {
        "stop" when random.Next(2) == 0 => """{"force":true}""",
        "resize" => string.Create(CultureInfo.InvariantCulture, $$"""{"cpus":{{random.Next(1, 5)}},"memory":{{(long)random.Next(1, 9) << 28}}}"""),
        _ => null,
    };

    /// <summary>Makes or deletes a zone or an offering on which nothing stands.</summary>
    private async Task ChangeResourceAsync()
    {
        if (resources.Count >= MostResources || (resources.Count > 0 && random.Next(2) == 0))
        {
            var (plural, id) = resources[random.Next(resources.Count)];
            resources.Remove((plural, id));
            await DoAsync(new Ask(HttpMethod.Delete, $"/v1/{plural}/{id}", Body: null, "resource.delete", id, NewKey()));
            return;
        }

        var zone = random.Next(2) == 0;
        var made = NewId(zone ? "zone" : "offering");
        object body = zone ? new { id = made, name = made } : new { id = made, name = made, cpus = random.Next(1, 9), memory = 1L << 30 };
        resources.Add((zone ? "zones" : "offerings", made));
        await DoAsync(new Ask(HttpMethod.Post, zone ? "/v1/zones" : "/v1/offerings", JsonSerializer.Serialize(body), zone ? "zone.create" : "offering.create", made, NewKey()));
    }

    private string NewId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-soak-{number}-{++asked}");

    private string NewKey() => string.Create(CultureInfo.InvariantCulture, $"soak-{number}-{++asked}");
}
