using System.Globalization;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Simulation.Generator;

/// <summary>Something that a client may do to a VM.</summary>
/// <param name="Ask">Makes the request: the operation's id, the VM's id, and chance.</param>
public sealed record SimAction(string Name, Func<string, string, Random, OperationRequest> Ask)
{
    /// <summary>All of them. Whether the VM's state allows one is for the product to say.</summary>
    public static IReadOnlyList<SimAction> All { get; } =
    [
        new("create", (operation, vm, chance) => SimMachine.Request(operation, CreateVmWorkflow.Name, vm,
            Cloud.Order(vm, 1 + chance.Next(3), chance.Next(3), address: chance.Next(10) == 0 ? "10.0.1.5" : null) with { Stopped = chance.Next(4) == 0, OnHostLoss = (HostLossPolicy)chance.Next(2) })),
        new("policy", (operation, vm, chance) => SimMachine.Request(operation, SetHostLossPolicyWorkflow.Name, vm, new SetHostLossPolicy(new VmId(vm), (HostLossPolicy)chance.Next(2)))),
        Verb("stop", StopVmWorkflow.Name, force: false),
        Verb("stop by force", StopVmWorkflow.Name, force: true),
        Verb("start", StartVmWorkflow.Name),
        Verb("reboot", RebootVmWorkflow.Name),
        Verb("pause", PauseVmWorkflow.Name),
        Verb("resume", ResumeVmWorkflow.Name),
        new("migrate", (operation, vm, chance) => SimMachine.Request(operation, MigrateVmWorkflow.Name, vm,
            new VmMigration(new VmId(vm), chance.Next(2) == 0 ? null : new HostId(string.Create(CultureInfo.InvariantCulture, $"host-{1 + chance.Next(3)}"))))),
        new("resize", (operation, vm, chance) => SimMachine.Request(operation, ResizeVmWorkflow.Name, vm, new VmSize(new VmId(vm), 1 + chance.Next(4), (1 + chance.Next(3)).GiB))),
        new("recycle", (operation, vm, _) => SimMachine.Request(operation, RecycleVmWorkflow.Name, vm, new VmDiscard(new VmId(vm), DateTimeOffset.MaxValue))),
        Verb("recover", RecoverVmWorkflow.Name),
        Verb("expunge", ExpungeVmWorkflow.Name),
        Verb("destroy", DestroyVmWorkflow.Name),
        // Another name each time: to be called as one is called already changes nothing.
        new("rename", (operation, vm, _) => SimMachine.Request(operation, RenameVmWorkflow.Name, vm, new RenameVm(new VmId(vm), $"by {operation}", Description: null))),
    ];

    private static SimAction Verb(string name, string workflow, bool force = false) =>
        new(name, (operation, vm, _) => SimMachine.Request(operation, workflow, vm, new VmTarget(new VmId(vm), force)));
}

/// <summary>How the next action is picked.</summary>
public enum Schedule
{
    /// <summary>Any.</summary>
    Random,

    /// <summary>The one that was done least.</summary>
    Fair,

    /// <summary>One that makes an unseen pair with the one before, or that was not yet asked in this state.</summary>
    Paths,
}
