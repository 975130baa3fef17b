using IaaS.Commands.Cascade;
using IaaS.Domain.Kernel;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation;

/// <summary>What stands on what, by the fold of the log.</summary>
public sealed class SimDependents(Ledger ledger) : IDependents
{
    public static IReadOnlyList<ICascade> Kinds { get; } = [new VmCascade(), new VolumeCascade(), new SnapshotCascade()];

    public async Task<IReadOnlyList<Dependent>> OfAsync(string id, CancellationToken ct)
    {
        await Task.Yield();
        return [.. Vms(id), .. Volumes(id), .. Snapshots(id)];
    }

    private IEnumerable<Dependent> Vms(string id) => ledger.Vms.All.Where(v => v.Value.Phase is not (VmPhase.Absent or VmPhase.Destroyed) && ResourceId.KindOf(id) switch
    {
        "host" => v.Value.Host?.Value == id,
        "storage" => v.Value.Created?.Storage.Value == id,
        "l3" => v.Value.Requested!.Nics.Any(n => n.L3.Value == id),
        "project" => v.Value.Requested!.Project.Value == id,
        _ => false,
    }).Select(v => new Dependent(v.Key, v.Key, id, After: null));

    private IEnumerable<Dependent> Volumes(string id) => ledger.Volumes.All.Where(v => v.Value is { IsRoot: false, Phase: not (VolumePhase.Absent or VolumePhase.Deleted) } && ResourceId.KindOf(id) switch
    {
        "storage" => v.Value.Storage?.Value == id,
        "project" => v.Value.Project.Value == id,
        _ => false,
    }).Select(v => new Dependent(v.Key, v.Key, id, v.Value.Vm?.Value));

    private IEnumerable<Dependent> Snapshots(string id) => ledger.Snapshots.All
        .Where(s => s.Value.Phase is not (SnapshotPhase.Absent or SnapshotPhase.Deleted) && s.Value.Volume.Value == id)
        .Select(s => new Dependent(s.Key, s.Key, id, ledger.Volumes[id].Vm?.Value));
}
