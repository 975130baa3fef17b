using IaaS.Domain.Kernel;

namespace IaaS.Domain.Tests;

/// <summary>Given these events, when this command, then these events (or this refusal).</summary>
internal sealed record Given<TState>(params IEvent[] Events) where TState : IState<TState>
{
    public TState State => Events.Aggregate(TState.Empty, TState.Evolve);

    public Then When(ICommand<TState> command) => new(command.Decide(State));
}

internal sealed record Then(Decision Decision)
{
    public void Happened(params IEvent[] expected) => Assert.Equal(expected, Assert.IsType<Decision.Accepted>(Decision).Events);

    public void NothingHappened() => Happened();

    public void RefusedWith(string code) => Assert.Equal(code, Assert.IsType<Decision.Rejected>(Decision).Reason.Code);
}
