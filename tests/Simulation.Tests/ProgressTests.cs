using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Simulation.Tests;

/// <summary>What an operation says of how far it has come, for every workflow there is.</summary>
public sealed class ProgressTests
{
    private static readonly WorkflowCatalog Catalog = new();
    private static readonly OperationId Operation = new("op-1");
    private static readonly Rejection Boom = new(RejectionKind.Unavailable, "test.boom", "It broke.");

    public static TheoryData<string> EveryWorkflow => [.. Catalog.All.Select(w => w.Name).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void It_rises_step_by_step_names_the_step_at_work_and_is_100_at_the_end_alone(string name)
    {
        var workflow = Catalog[name];
        var seen = Drive(workflow, failAt: null);

        Assert.Equal(0, seen[0].Percent);
        Assert.All(seen.SkipLast(2), p => Assert.NotNull(p.Step));
        Assert.Equal(new Progress(100, Step: null), seen[^1]);
        Assert.All(seen.SkipLast(1), p => Assert.InRange(p.Percent, 0, 99));
        Assert.All(seen.Zip(seen.Skip(1)), p => Assert.True(p.First.Percent <= p.Second.Percent, $"{name}: {p.First} is followed by {p.Second}."));
        var order = workflow.Steps.Select(s => s.Name).ToList();
        var steps = seen.Select(p => p.Step).OfType<string>().Select(s => order.IndexOf(s)).ToList();
        Assert.Equal(steps.Order(), steps);
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void While_it_is_undone_it_falls_to_nothing_and_names_what_is_taken_back(string name)
    {
        var workflow = Catalog[name];
        for (var failAt = 0; failAt < workflow.Steps.Count; failAt++)
        {
            var seen = Drive(workflow, failAt);
            if (seen[^1].Percent == 100) continue;
            var undoing = seen.Skip(failAt + 1).ToList();
            Assert.Equal(new Progress(0, Step: null), seen[^1]);
            Assert.All(undoing.Zip(undoing.Skip(1)), p => Assert.True(p.First.Percent >= p.Second.Percent, $"{name}: {p.First} is followed by {p.Second}."));
            Assert.All(undoing, p => Assert.InRange(p.Percent, 0, 99));
        }
    }

    /// <summary>What it says at each state, without the choices, which are no step of their own.</summary>
    private static List<Progress> Drive(IWorkflow workflow, int? failAt)
    {
        var input = Samples.Of(workflow.InputType);
        var state = OperationState.Evolve(OperationState.Empty, new OperationStarted(Operation, workflow.Name, "x-1", Project: null, default, default, "node-1", ""));
        List<Progress> seen = [];
        while (true)
        {
            seen.Add(workflow.ProgressOf(Operation, input, state));
            IEvent? happened = workflow.Next(Operation, input, state) switch
            {
                Next.Choose(var i) => new StepChosen([], workflow.Steps[i].Name, "chosen"),
                Next.Do(var i) when i == failAt => new StepFailed(workflow.Steps[i].Name, Boom, workflow.Steps[i].Name),
                Next.Do(var i) => Done(workflow, i),
                Next.Skip(var i) => Done(workflow, i),
                Next.Undo(var i) => new StepUndone(workflow.Steps[i].Name),
                Next.Complete => new OperationSucceeded([]),
                Next.Fail(var why) => new OperationFailed(why),
                _ => null,
            };
            if (happened is null) return seen;
            if (happened is StepChosen) seen.RemoveAt(seen.Count - 1);
            state = OperationState.Evolve(state, happened);
        }
    }

    private static OperationAdvanced Done(IWorkflow workflow, int step) => new([new StepDone(workflow.Steps[step].Name, Samples.OutputFor(workflow))]);
}
