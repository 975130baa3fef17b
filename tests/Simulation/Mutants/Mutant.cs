using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;

namespace IaaS.Simulation.Mutants;

/// <summary>A bug that is put in on purpose, around the product's code: a simulation that does not find it is worth nothing.</summary>
/// <param name="Name">What is wrong.</param>
public sealed record Mutant(string Name)
{
    /// <summary>Changes the tables of workflows.</summary>
    public Func<IWorkflow, IWorkflow> Workflow { get; init; } = w => w;

    /// <summary>Changes what is decided.</summary>
    public Func<ICommand, ICommand> Command { get; init; } = c => c;

    /// <summary>Changes what is answered.</summary>
    public Func<ICommand, Decision, Decision> Answer { get; init; } = (_, d) => d;

    /// <summary>Changes what is asked when a client repeats itself.</summary>
    public Func<OperationRequest, OperationRequest> Repeat { get; init; } = r => r;

    /// <summary>The store takes whatever comes, whatever the stream's version.</summary>
    public bool IgnoresVersions { get; init; }

    /// <summary>An operation does not know what it rests on that is not durable yet.</summary>
    public bool ForgetsDependencies { get; init; }

    /// <summary>A host is taken for lost as soon as it is silent.</summary>
    public bool IgnoresLeases { get; init; }

    /// <summary>Nobody goes on with what a process left behind.</summary>
    public bool NeverResumes { get; init; }
}

/// <summary>Decides on a state that is not the real one.</summary>
public sealed record Misled<TState>(ICommand<TState> Inner, Func<TState, TState> Sees) : ICommand<TState>
{
    string ICommand.Stream => Inner.Stream;

    public Decision Decide(TState state) => Inner.Decide(Sees(state));
}
