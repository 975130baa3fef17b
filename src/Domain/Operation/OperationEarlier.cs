using IaaS.Domain.Kernel;

namespace IaaS.Domain.Operation;

/// <summary>What was done before a choice had an event of its own.</summary>
[EventName("operation.chosen/1")]
public sealed record StepChosen1(string Step, string Choice) : IEarlierEvent
{
    public IEvent Upcast() => new StepChosen([], Step, Choice);
}

/// <summary>The last steps had an event of their own.</summary>
[EventName("operation.succeeded/1")]
public sealed record OperationSucceeded1 : IEarlierEvent
{
    public IEvent Upcast() => new OperationSucceeded([]);
}
