using System.Text.Json;

namespace IaaS.Soak;

/// <summary>Data volumes: made, given to VMs, taken from them, deleted.</summary>
internal sealed partial class Client
{
    private const int MostVolumes = 3;

    private readonly List<string> volumes = [];
    private readonly Dictionary<string, FleetVm> with = new(StringComparer.Ordinal);

    private async Task ChangeVolumeAsync()
    {
        if (volumes.Count == 0 || (volumes.Count < MostVolumes && random.Next(3) == 0))
        {
            var id = NewId("volume");
            var ask = new Ask(HttpMethod.Post, "/v1/volumes", JsonSerializer.Serialize(new { id, name = id, size = (long)random.Next(1, 8) << 30 }), "volume.create", id, NewKey());
            await DoAsync(ask);
            if (ask.IsAcknowledged) volumes.Add(id);
            return;
        }

        var volume = volumes[random.Next(volumes.Count)];
        var vm = with.GetValueOrDefault(volume) ?? (mine.Count > 0 ? mine[random.Next(mine.Count)] : null);
        switch (random.Next(10))
        {
            case 0:
                await DoAsync(new Ask(HttpMethod.Delete, $"/v1/volumes/{volume}", Body: null, "volume.delete", volume, NewKey()));
                if (random.Next(4) != 0) volumes.Remove(volume);
                break;
            case < 5 when with.ContainsKey(volume) && vm is { IsAcknowledged: true }:
                await DoAsync(new Ask(HttpMethod.Delete, $"/v1/vms/{vm.Id}/volumes/{volume}", Body: null, "vm.detach-volume", vm.Id, NewKey()), vm);
                with.Remove(volume);
                break;
            case > 0 when vm is { IsAcknowledged: true }:
                await DoAsync(new Ask(HttpMethod.Post, $"/v1/vms/{vm.Id}/volumes", JsonSerializer.Serialize(new { volumeId = volume }), "vm.attach-volume", vm.Id, NewKey()), vm);
                with[volume] = vm;
                break;
        }
    }
}
