using IaaS.Commands.Image;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Snapshot;
using IaaS.Commands.Vm;
using IaaS.Commands.Volume;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Simulation.Generator;

namespace IaaS.Simulation.Tests;

/// <summary>Every workflow, broken at every place where it can break; afterwards nothing is left over and nothing is missing.</summary>
public sealed class CrashMatrixTests
{
    private const string Subject = "vm-1";
    private static readonly VmTarget Target = new(new VmId(Subject));
    private static readonly WorkflowCatalog Catalog = new();

    internal static IEnumerable<string> Names => Catalog.All.Select(w => w.Name).Order(StringComparer.Ordinal);

    public static TheoryData<string> Workflows => [.. Names];

    public static TheoryData<string, CommitFault, bool> WorkflowsAndCommitFaults
    {
        get
        {
            var data = new TheoryData<string, CommitFault, bool>();
            foreach (var name in Names)
            {
                foreach (var fault in Enum.GetValues<CommitFault>().Where(f => f is not CommitFault.None))
                {
                    data.Add(name, fault, p3: false);
                    if (fault is CommitFault.CrashBefore or CommitFault.CrashAfter) data.Add(name, fault, p3: true);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(WorkflowsAndCommitFaults))]
    public void Broken_at_any_commit_it_ends_well(string workflow, CommitFault fault, bool away)
    {
        for (var nth = 1; ; nth++)
        {
            var (machine, commits) = BreakCommit(workflow, fault, nth, away, failing: null);
            AssertWell(machine, $"{workflow}: {fault} at commit {nth}");
            if (commits < nth) break;
        }
    }

    [Theory, MemberData(nameof(WorkflowsAndCommitFaults))]
    public void Broken_at_any_commit_while_it_is_undone_it_ends_well(string workflow, CommitFault fault, bool away)
    {
        foreach (var wish in Catalog[workflow].Steps.Where(s => s is { Kind: StepKind.Wish, MustSucceed: false }))
        {
            for (var nth = 1; ; nth++)
            {
                var (machine, commits) = BreakCommit(workflow, fault, nth, away, wish.Name);
                AssertWell(machine, $"{workflow}: {wish.Name} fails, and {fault} at commit {nth}");
                if (commits < nth) break;
            }
        }
    }

    [Theory, MemberData(nameof(Workflows))]
    public void Whatever_becomes_of_any_wish_it_ends_well(string workflow)
    {
        foreach (var wish in Catalog[workflow].Steps.Where(s => s.Kind is StepKind.Wish))
        {
            foreach (var fault in Enum.GetValues<WishFault>().Where(f => f is not WishFault.None))
            {
                AssertWell(BreakWishes(workflow, [(wish.Name, fault)]), $"{workflow}: {wish.Name} {fault}");
                if (!wish.CanUndo) continue;
                foreach (var undo in Enum.GetValues<WishFault>())
                    AssertWell(BreakWishes(workflow, [(wish.Name, WishFault.FailsForGood), ($"{wish.Name}/undo", undo)]), $"{workflow}: {wish.Name} fails, its undo {undo}");
            }
        }
    }

    [Fact]
    public void A_wish_that_fails_for_good_undoes_a_creation_and_says_why()
    {
        var machine = BreakWishes(CreateVmWorkflow.Name, [("domain", WishFault.FailsForGood)]);
        Assert.Equal(VmPhase.Failed, machine.Ledger.Vms[Subject].Phase);
        Assert.Equal("simulator.fault", machine.Ledger.Operations["op-test"].Failure!.Error.Code);
        Assert.Empty(machine.Drivers.Domains);
    }

    [Fact]
    public void A_wish_that_is_never_answered_is_undone_at_the_deadline()
    {
        var machine = BreakWishes(CreateVmWorkflow.Name, [("domain", WishFault.AnswerLost)]);
        Assert.Equal("operation.timed-out", machine.Ledger.Operations["op-test"].Failure!.Error.Code);
        Assert.Empty(machine.Drivers.Domains);
    }

    private static (SimMachine Machine, int Commits) BreakCommit(string workflow, CommitFault fault, int nth, bool away, string? failing)
    {
        var machine = Prepared(workflow, new Faults { MostCrashes = 1, LongOutage = away ? 1_000 : 0 });
        var commits = 0;
        machine.Store.Next = _ => ++commits == nth ? fault : CommitFault.None;
        machine.Drivers.Next = (task, _) => failing is not null && IsStep(task, failing) ? WishFault.FailsForGood : WishFault.None;
        Begin(machine, workflow);
        return (machine, commits);
    }

    private static SimMachine BreakWishes(string workflow, (string Step, WishFault Fault)[] faults)
    {
        var machine = Prepared(workflow, Faults.None);
        HashSet<string> broken = new(StringComparer.Ordinal);
        machine.Drivers.Next = (task, _) =>
        {
            // Once each: what is tried again succeeds.
            var hit = Array.Find(faults, f => IsStep(task, f.Step) && broken.Add(f.Step));
            return hit.Step is null ? WishFault.None : hit.Fault;
        };
        Begin(machine, workflow);
        return machine;
    }

    /// <summary>Tasks are named after operation and step; parts of a step have a number after a dot.</summary>
    internal static bool IsStep(string task, string step) => task.Split('.')[0] is var name && (name == $"op-test/{step}" || name.StartsWith($"op-test/{step}/", StringComparison.Ordinal) && char.IsAsciiDigit(name[^1]) && !name.Contains("/undo", StringComparison.Ordinal));

    internal static SimMachine Prepared(string workflow, Faults faults)
    {
        var machine = new SimMachine(seed: 1, new Cloud(Hosts: 2), faults);
        if (workflow != CreateVmWorkflow.Name)
        {
            machine.Ask(SimMachine.Request("op-create", CreateVmWorkflow.Name, Subject, Cloud.Order(Subject, cpus: 2, nics: 2)));
            machine.Settle();
            if (workflow != CreateVolumeWorkflow.Name) Before(machine, "op-volume", CreateVolumeWorkflow.Name, typeof(VolumeOrder));
            // Whatever is done to a VM, it has a data volume.
            if (workflow is not (CreateVolumeWorkflow.Name or DeleteVolumeWorkflow.Name or AttachVolumeWorkflow.Name)) Before(machine, "op-attach", AttachVolumeWorkflow.Name, typeof(VmVolume));
        }

        if (workflow.Split('.')[0] is "snapshot" or "image") Before(machine, "op-stop", StopVmWorkflow.Name, typeof(VmTarget));
        if (workflow is RevertSnapshotWorkflow.Name or DeleteSnapshotWorkflow.Name) Before(machine, "op-snapshot", CreateSnapshotWorkflow.Name, typeof(SnapshotOrder));

        if (workflow is DeleteImageWorkflow.Name) Before(machine, "op-image", CreateImageFromVolumeWorkflow.Name, typeof(ImageOrder));

        // What must have happened to it before.
        (string Workflow, object Input)? before = workflow switch
        {
            StartVmWorkflow.Name or ResizeVmWorkflow.Name => (StopVmWorkflow.Name, Target),
            ResumeVmWorkflow.Name => (PauseVmWorkflow.Name, Target),
            RecoverVmWorkflow.Name or ExpungeVmWorkflow.Name => (RecycleVmWorkflow.Name, Inputs.Of(typeof(VmDiscard), Subject)),
            _ => null,
        };
        if (before is { } first)
        {
            machine.Ask(SimMachine.Request("op-before", first.Workflow, Subject, first.Input));
            machine.Settle();
        }

        return machine;
    }

    internal static void Begin(SimMachine machine, string workflow, bool settle = true) => Before(machine, "op-test", workflow, Catalog[workflow].InputType, settle);

    private static void Before(SimMachine machine, string operation, string workflow, Type input, bool settle = true)
    {
        var asked = Inputs.Of(input, Subject);
        // A VM's operations are about the VM, whatever they name first.
        machine.Ask(SimMachine.Request(operation, workflow, workflow.StartsWith("vm.", StringComparison.Ordinal) ? Subject : Inputs.SubjectOf(asked), asked));
        if (settle) machine.Settle();
    }

    /// <summary>Undone, an operation has changed nothing; else it succeeded. A fault of the preparation would be neither.</summary>
    private static void AssertWell(SimMachine machine, string what)
    {
        var wrong = Checks.Of(machine);
        if (wrong.Count > 0) Assert.Fail($"{what}\n{SimulationRun.Failed(machine, wrong).Message}");
        // A client that gave up before the control plane was back asked for nothing.
        var phase = machine.Ledger.Operations["op-test"].Phase;
        Assert.True(phase is OperationPhase.Succeeded or OperationPhase.Failed || (phase is OperationPhase.Absent && !machine.Acknowledged.ContainsKey("op-test")), what);
    }
}
