using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Simulation.Tests;

/// <summary>Holds for every workflow there is, by its table alone.</summary>
public sealed class WorkflowTableTests
{
    private static readonly WorkflowCatalog Catalog = new();
    private static readonly OperationId Operation = new("op-1");
    private static readonly Rejection Boom = new(RejectionKind.Unavailable, "test.boom", "It broke.");

    public static TheoryData<string> EveryWorkflow => [.. Catalog.All.Select(w => w.Name).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void Without_failures_every_step_is_done_in_order_and_the_end_is_told(string name)
    {
        var workflow = Catalog[name];
        Assert.Equal([.. workflow.Steps.Select(s => s.Name), "complete"], Drive(workflow, failAt: null).Select(a => a.Split(' ')[^1]));
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void A_failure_at_any_step_takes_back_all_that_may_have_begun_in_reverse_and_once(string name)
    {
        var workflow = Catalog[name];
        var skipped = Drive(workflow, failAt: null).Where(a => a.StartsWith("skip ", StringComparison.Ordinal)).Select(a => a["skip ".Length..]).ToList();
        foreach (var failAt in Enumerable.Range(0, workflow.Steps.Count).Where(i => !skipped.Contains(workflow.Steps[i].Name)))
        {
            var undos = workflow.Steps.Take(failAt + 1)
                // What was never chosen is not undone; any other step that was skipped is asked to undo nothing.
                .Where(s => s.CanUndo && (s.Kind is not StepKind.Choice || !skipped.Contains(s.Name))).Reverse().Select(s => $"undo {s.Name}");
            Assert.Equal([.. undos, "fail"], Drive(workflow, failAt).Skip(failAt + 1));
        }
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void Events_that_are_folded_twice_change_nothing(string name)
    {
        var workflow = Catalog[name];
        for (var failAt = 0; failAt < workflow.Steps.Count; failAt++) Assert.Equal(Drive(workflow, failAt), Drive(workflow, failAt, repeat: true));
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void After_a_crash_every_step_that_may_have_begun_is_known(string name)
    {
        var workflow = Catalog[name];
        var (known, recorded) = (Start(workflow), Start(workflow));
        for (var step = 0; step < workflow.Steps.Count; step++)
        {
            var shape = workflow.Steps[step];
            if (workflow.BeginsOnRecord(step)) recorded = known;
            if (shape.Kind is StepKind.Choice) recorded = known = OperationState.Evolve(known, new StepChosen([], shape.Name, "chosen"));
            // What must succeed is never undone.
            if (!shape.MustSucceed) Assert.True(workflow.FurthestBegun(recorded) >= step, $"{name}: {shape.Name} may have begun, and a resumed operation would not undo it.");
            known = OperationState.Evolve(known, Done(workflow, step));
            if (shape.Recorded) recorded = known;
        }
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void A_step_after_a_choice_that_was_not_made_is_not_undone(string name)
    {
        var workflow = Catalog[name];
        var state = Start(workflow);
        for (var step = 0; step < workflow.Steps.Count; step++)
        {
            var unchosen = Enumerable.Range(step, workflow.Steps.Count - step).Cast<int?>().FirstOrDefault(i => workflow.Steps[i!.Value].Kind is StepKind.Choice && !state.Choices.ContainsKey(workflow.Steps[i.Value].Name));
            if (unchosen is { } choice) Assert.True(workflow.FurthestBegun(state) <= choice, $"{name}: with {step} steps on record, steps after {workflow.Steps[choice].Name} cannot have begun.");
            if (workflow.Steps[step].Kind is StepKind.Choice) state = OperationState.Evolve(state, new StepChosen([], workflow.Steps[step].Name, "chosen"));
            state = OperationState.Evolve(state, Done(workflow, step));
        }
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void Its_table_is_sound(string name)
    {
        var workflow = Catalog[name];
        var steps = workflow.Steps;
        Assert.Equal(steps.Count, steps.DistinctBy(s => s.Name).Count());
        Assert.All(steps.Where(s => s.Kind is StepKind.Wish), s => Assert.True(s.CanUndo || s.MustSucceed, $"{name}/{s.Name} leaves something on a host when it fails."));
        Assert.All(steps.Where(s => s.Kind is StepKind.Choice), s => Assert.True(s.CanUndo || s.MustSucceed, $"{name}/{s.Name} keeps what it chose when it fails."));
        Assert.True(steps.SkipWhile(s => !s.MustSucceed).All(s => s.MustSucceed), $"{name}: past the point of no return there is no way back.");
        if (steps.Any(s => s.Kind is StepKind.Wish)) Assert.True(steps[^1].MustSucceed, $"{name}: the last step lets go of the subject, so nothing may be undone after it was asked.");
    }

    [Theory, MemberData(nameof(EveryWorkflow))]
    public void Its_input_comes_back_from_the_log_as_it_was(string name)
    {
        var workflow = Catalog[name];
        var written = System.Text.Json.JsonSerializer.SerializeToElement(Samples.Of(workflow.InputType), workflow.InputType, DomainJson.Options);
        var again = System.Text.Json.JsonSerializer.SerializeToElement(workflow.ReadInput(written), workflow.InputType, DomainJson.Options);
        Assert.Equal(written.GetRawText(), again.GetRawText());
    }

    private static OperationState Start(IWorkflow workflow) => OperationState.Evolve(OperationState.Empty,
        new OperationStarted(Operation, workflow.Name, "x-1", Project: null, default, default, "node-1", ""));

    private static OperationAdvanced Done(IWorkflow workflow, int step) => new([new StepDone(workflow.Steps[step].Name, Samples.OutputFor(workflow))]);

    private static List<string> Drive(IWorkflow workflow, int? failAt, bool repeat = false)
    {
        var (state, input) = (Start(workflow), Samples.Of(workflow.InputType));
        List<string> asked = [];
        while (asked.Count < 100)
        {
            var (note, answer) = workflow.Next(Operation, input, state) switch
            {
                Next.Choose(var i) => ("", new StepChosen([], workflow.Steps[i].Name, "chosen")),
                Next.Do(var i) when i == failAt => ($"do {workflow.Steps[i].Name}", new StepFailed(workflow.Steps[i].Name, Boom, workflow.Steps[i].Name)),
                Next.Do(var i) => ($"do {workflow.Steps[i].Name}", Done(workflow, i)),
                Next.Skip(var i) => ($"skip {workflow.Steps[i].Name}", Done(workflow, i)),
                Next.Undo(var i) => ($"undo {workflow.Steps[i].Name}", (IEvent)new StepUndone(workflow.Steps[i].Name)),
                Next.Complete => ("complete", new OperationSucceeded([])),
                Next.Fail(var why) => ("fail", new OperationFailed(why)),
                _ => ("over", null!),
            };
            if (note == "over") return asked;
            if (note.Length > 0) asked.Add(note);
            state = OperationState.Evolve(state, answer);
            if (repeat) state = OperationState.Evolve(state, answer);
        }

        throw new InvalidOperationException($"{workflow.Name} does not end.");
    }
}
