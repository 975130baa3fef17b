using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

public sealed class VolumeTests
{
    private static readonly VolumeId Id = new("volume-data");
    private static readonly VmId Vm = new("vm-1");
    private static readonly StorageId Storage = new("storage-1");
    private static readonly OperationId First = new("op-1");
    private static readonly OperationId Second = new("op-2");
    private static readonly OperationId Third = new("op-3");
    private static readonly Rejection Why = new(RejectionKind.Unavailable, "test.boom", "It broke.");
    private static readonly VolumeOrder Order = Cloud.Volume("volume-data");
    private static readonly VmOrder VmOrder = Cloud.Order("vm-1", nics: 0);

    private static readonly VolumeRequested Requested = new(Id, Order.Name, Order.Description, Order.Project, Order.Size, First);
    private static readonly VolumeProvisioned Provisioned = new(Storage, "/pool", First);

    private static readonly IEvent[] Running =
    [
        new VmRequested(Vm, VmOrder.Name, null, VmOrder.Project, VmOrder.Cpus, VmOrder.Memory, VmOrder.Image, VmOrder.RootVolume, VmOrder.RootDisk, VmOrder.Nics, First),
        new VmCreated(new HostId("host-1"), Storage, "", [], First),
    ];

    private static Given<VolumeState> Detached => new(Requested, Provisioned);

    private static Given<VolumeState> Attached => new(Requested, Provisioned, new VolumeAttaching(Vm, Second), new VolumeAttached(Vm, Second));

    private static Given<VolumeState> Root => new(new VolumeCreated(Id, "root", Order.Project, Vm, Storage, VmOrder.Image, Order.Size));

    [Fact]
    public void A_new_volume_is_requested_with_its_tags() => new Given<VolumeState>()
        .When(new RequestVolume(Order with { Tags = ["a", "a"] }, First)).Happened(Requested, new ResourceTagged("a"));

    [Fact]
    public void Its_creation_asked_again_happens_once_and_its_id_is_taken()
    {
        new Given<VolumeState>(Requested).When(new RequestVolume(Order, First)).NothingHappened();
        new Given<VolumeState>(Requested).When(new RequestVolume(Order, Second)).RefusedWith("volume.already-exists");
    }

    [Fact]
    public void A_volume_is_attached_to_one_vm_at_most()
    {
        Detached.When(new BeginAttachVolume(Id, Vm, Order.Project, Second)).Happened(new VolumeAttaching(Vm, Second));
        Attached.When(new BeginAttachVolume(Id, new VmId("vm-2"), Order.Project, Third)).RefusedWith("volume.in-use");
        new Given<VolumeState>(Requested, Provisioned, new VolumeAttaching(Vm, Second)).When(new BeginAttachVolume(Id, new VmId("vm-2"), Order.Project, Third)).RefusedWith("volume.busy");
    }

    [Fact]
    public void A_volume_is_attached_to_vms_of_its_project_only() =>
        Detached.When(new BeginAttachVolume(Id, Vm, new ProjectId("project-2"), Second)).RefusedWith("volume.other-project");

    [Fact]
    public void An_attachment_that_failed_leaves_it_as_it_was()
    {
        var undone = new Given<VolumeState>(Requested, Provisioned, new VolumeAttaching(Vm, Second), new VolumeChangeUndone(Why, Second));
        Assert.Equal((VolumePhase.Detached, null), (undone.State.Phase, undone.State.Vm));
        var kept = new Given<VolumeState>([.. Attached.Events, new VolumeDetaching(Third), new VolumeChangeUndone(Why, Third)]);
        Assert.Equal((VolumePhase.Attached, Vm), (kept.State.Phase, kept.State.Vm));
    }

    [Fact]
    public void A_volume_is_deleted_when_no_vm_has_it()
    {
        Attached.When(new BeginDeleteVolume(Id, Third)).RefusedWith("volume.in-use");
        Detached.When(new BeginDeleteVolume(Id, Third)).Happened(new VolumeDeleting(Third));
        new Given<VolumeState>(Requested, new VolumeCreationFailed(Why, First)).When(new BeginDeleteVolume(Id, Third)).Happened(new VolumeDeleting(Third));
        new Given<VolumeState>(Requested, Provisioned, new VolumeDeleting(Third), new ResourceDeleted()).When(new BeginDeleteVolume(Id, Second)).RefusedWith("volume.deleted");
    }

    [Fact]
    public void A_root_volume_comes_and_goes_with_its_vm()
    {
        Root.When(new BeginDeleteVolume(Id, Third)).RefusedWith("volume.is-root");
        Root.When(new BeginAttachVolume(Id, Vm, Order.Project, Third)).RefusedWith("volume.is-root");
        Root.When(new ReleaseVolume(Id, Vm, Third)).NothingHappened();
        new Given<VmState>(Running).When(new BeginDetach(Vm, VmOrder.RootVolume, Third)).RefusedWith("volume.is-root");
    }

    [Fact]
    public void A_vm_that_goes_away_lets_go_of_it_once()
    {
        Attached.When(new ReleaseVolume(Id, Vm, Third)).Happened(new VolumeDetached(Third));
        Attached.When(new ReleaseVolume(Id, new VmId("vm-2"), Third)).NothingHappened();
    }

    [Fact]
    public void A_vm_knows_its_volumes_and_is_as_before_when_it_has_one_more_or_one_less()
    {
        var disk = new VmDisk(Id, Storage, "/pool", Slot: 1);
        var attached = new Given<VmState>([.. Running, new VmAttachingVolume(Id, Second), new VmVolumeAttached(disk, Second)]);
        Assert.Equal((VmPhase.Running, disk), (attached.State.Phase, Assert.Single(attached.State.Disks)));
        Assert.Equal(2, VmFacts.Of(attached.State).FreeSlot());
        attached.When(new BeginDetach(Vm, Id, Third)).Happened(new VmDetachingVolume(Id, Third));
        attached.When(new BeginDetach(Vm, new VolumeId("volume-other"), Third)).RefusedWith("volume.not-attached");
        Assert.Empty(new Given<VmState>([.. attached.Events, new VmDetachingVolume(Id, Third), new VmVolumeDetached(Id, Third)]).State.Disks);
    }

    [Fact]
    public void A_vm_has_so_many_volumes_at_most()
    {
        var full = Enumerable.Range(1, VmDisk.Most).SelectMany(s => new IEvent[]
        {
            new VmAttachingVolume(new VolumeId($"volume-{s}"), Second), new VmVolumeAttached(new VmDisk(new VolumeId($"volume-{s}"), Storage, "", s), Second),
        });
        new Given<VmState>([.. Running, .. full]).When(new BeginAttach(Vm, Id, Third)).RefusedWith("vm.too-many-volumes");
    }
}
