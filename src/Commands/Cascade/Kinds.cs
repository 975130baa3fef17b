using IaaS.Commands.Image;
using IaaS.Commands.Kernel.Resources;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Image;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Cascade;

public sealed class ClusterCascade : ICascade
{
    public string Kind => "cluster";
    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["zone"] = "zoneId = '{0}'" };
    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

public sealed class HostCascade : ICascade
{
    public string Kind => "host";
    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["cluster"] = "clusterId = '{0}'" };
    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

public sealed class StorageCascade : ICascade
{
    public string Kind => "storage";

    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["zone"] = "zoneId = '{0}'",
        ["cluster"] = "clusterIds has '{0}'",
        ["host"] = "hostId = '{0}'",
    };

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

public sealed class L2Cascade : ICascade
{
    public string Kind => "l2";

    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["zone"] = "zoneId = '{0}'",
        ["cluster"] = "clusterIds has '{0}'",
    };

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

public sealed class L3Cascade : ICascade
{
    public string Kind => "l3";
    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["l2"] = "l2Id = '{0}'" };
    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

public sealed class TokenCascade : ICascade
{
    public string Kind => "token";

    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["project"] = "projectId = '{0}'",
        ["cluster"] = "clusterId = '{0}'",
    };

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => Plainly.Delete(dependent);
}

/// <summary>A VM goes with the host on which it runs, the storage that has its disk, each network that gave it an address, and its project.</summary>
public sealed class VmCascade : ICascade
{
    public string Kind => "vm";

    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["host"] = "hostId = '{0}'",
        ["storage"] = "storageId = '{0}'",
        ["l3"] = "nics.l3Id = '{0}'",
        ["project"] = "projectId = '{0}'",
    };

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) =>
        [new(DestroyVmWorkflow.Name, dependent.Id, new VmTarget(VmId.Of(dependent.Id), Force: true))];
}

/// <summary>A data volume goes with its storage and its project, from the VM that has it if that stays. A root volume goes with its VM.</summary>
public sealed class VolumeCascade : ICascade
{
    public string Kind => "volume";

    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["storage"] = "storageId = '{0}' and kind = Data",
        ["project"] = "projectId = '{0}' and kind = Data",
    };

    public string GoesAfter => "vmId";

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent)
    {
        var volume = VolumeId.Of(dependent.Id);
        var deletion = new CascadeStep(DeleteVolumeWorkflow.Name, dependent.Id, new VolumeTarget(volume));
        return dependent.After is { } vm
            ? [new(DetachVolumeWorkflow.Name, vm, new VmVolume(VmId.Of(vm), volume)), deletion]
            : [deletion];
    }
}

/// <summary>An image that was made of a volume goes with the storage that has it.</summary>
public sealed class ImageCascade : ICascade
{
    public string Kind => "image";
    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["storage"] = "storageId = '{0}'" };
    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) => [new(DeleteImageWorkflow.Name, dependent.Id, new ImageTarget(ImageId.Of(dependent.Id)))];
}

/// <summary>A snapshot goes with its data volume; one of a root volume goes with the VM anyway.</summary>
public sealed class SnapshotCascade : ICascade
{
    public string Kind => "snapshot";
    public IReadOnlyDictionary<string, string> StandsOn { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["volume"] = "volumeId = '{0}'" };
    public string GoesAfter => "volume.vmId";

    public IReadOnlyList<CascadeStep> Delete(Dependent dependent) =>
        [new(DeleteSnapshotWorkflow.Name, dependent.Id, new SnapshotTarget(SnapshotId.Of(dependent.Id), VolumeId.Of(dependent.On)))];
}

internal static class Plainly
{
    public static IReadOnlyList<CascadeStep> Delete(Dependent dependent) => [new(DeleteWorkflow.Name, dependent.Id, new ResourceTarget(dependent.Id))];
}
