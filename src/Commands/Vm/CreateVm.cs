using System.Text.Json;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Network;
using IaaS.Commands.Placement;
using IaaS.Commands.Project;
using IaaS.Commands.Storage;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Vm;

/// <summary>From an order to a guest that runs; or to one that can be started, where that was asked for.</summary>
public sealed class CreateVmWorkflow : IDefineWorkflow
{
    public const string Name = "vm.create";

    public static IWorkflow Definition { get; } = new Workflow<VmOrder>(Name,
    [
        new("request", StepKind.Command,
            r => new RequestVm(r.Input, r.Operation),
            r => new MarkVmFailed(r.Input.Vm, r.Error!, r.Operation)),
        new("quota", StepKind.Command,
            r => new ReserveQuota(r.Input.Project, r.Input.Vm.Value, new QuotaUse(1, r.Input.Cpus, r.Input.Memory, r.Input.RootDisk)),
            r => new ReleaseQuota(r.Input.Project, r.Input.Vm.Value)),
        new("place", StepKind.Choice,
            r => AllOf.These(
                new ReserveCapacity(At(r).Host, r.Input.Vm.Value, r.Input.Cpus, r.Input.Memory),
                new AllocateSpace(At(r).Storage, r.Input.RootVolume.Value, r.Input.RootDisk)),
            r => AllOf.These(
                new ReleaseCapacity(At(r).Host, r.Input.Vm.Value),
                new ReleaseSpace(At(r).Storage, r.Input.RootVolume.Value)))
        {
            Choose = r => PlaceVm.ToCreate(r.Input),
        },
        new("addresses", StepKind.Command,
            r => Every(r, n => new AllocateAddress(n.L3, n.Nic, n.Mac, n.Address)),
            r => Every(r, n => new ReleaseAddress(n.L3, n.Nic))),
        // Before its disk, so that all that goes into the log is in it before the host is asked for anything: one commit less to wait for.
        new("volume", StepKind.Command,
            r => new CreateRootVolume(r.Input.RootVolume, $"root of {r.Input.Name}", r.Input.Project, r.Input.Vm, At(r).Storage, r.Input.Image, r.Input.RootDisk),
            r => new DiscardVolume(r.Input.RootVolume)),
        new("disk", StepKind.Wish,
            r => new EnsureDisk(At(r).Host, r.Input.RootVolume, StoragePath(r), r.Input.Image.Value, r.Input.ImageLocation, r.Input.RootDisk),
            r => new EnsureDiskAbsent(At(r).Host, r.Input.RootVolume, At(r).Path)),
        new("nics", StepKind.Wish,
            r => new AllOf([.. Nics(r).Select(n => new EnsureNic(At(r).Host, r.Input.Vm, n.Spec))]),
            r => Every(r, n => new EnsureNicAbsent(At(r).Host, r.Input.Vm, n.Nic))) { When = Starts },
        new("domain", StepKind.Wish,
            r => new EnsureRunning(At(r).Host, new VmSpec(r.Input.Vm, r.Input.Name, r.Input.Cpus, r.Input.Memory,
                r.Input.RootVolume, StoragePath(r), [.. Nics(r).Select(n => n.Spec)], r.Input.OnHostLoss is HostLossPolicy.Restart)),
            r => new EnsureAbsent(At(r).Host, r.Input.Vm)) { When = Starts },
        // Before it is made: from then on another operation may start it, and would have the host that this one gives back.
        new("host", StepKind.Command, r => new ReleaseCapacity(At(r).Host, r.Input.Vm.Value)) { MustSucceed = true, When = r => !Starts(r) },
        new("created", StepKind.Command, r => new MarkVmCreated(r.Input.Vm,
            new VmCreated(At(r).Host, At(r).Storage, StoragePath(r), Nics(r), r.Operation), r.Input.Stopped)) { MustSucceed = true },
    ]);

    private static bool Starts(Run<VmOrder> run) => !run.Input.Stopped;

    private static Site At(Run<VmOrder> run) => Site.Read(run.Chosen("place"));

    private static string StoragePath(Run<VmOrder> run) => At(run).Path;

    private static AllOf Every(Run<VmOrder> run, Func<NicRequest, IRequest> request) => new([.. run.Input.Nics.Select(request)]);

    private static VmNic[] Nics(Run<VmOrder> run) => run.Output("addresses").As(output => ReadNics(run.Input.Nics, output));

    /// <param name="output">One NIC's spec, or an array of them as strings.</param>
    private static VmNic[] ReadNics(IReadOnlyList<NicRequest> nics, string output)
    {
        var specs = nics.Count == 1 ? [output] : JsonSerializer.Deserialize<string[]>(output)!;
        return [.. nics.Select((n, i) => new VmNic(n.L3, JsonSerializer.Deserialize<NicSpec>(specs[i], DomainJson.Options)!))];
    }
}
