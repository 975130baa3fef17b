using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using Orleans.Concurrency;

namespace IaaS.Commands.Hosts.Orleans;

/// <summary>The one owner of one stream in the cluster; its key is the stream's id.</summary>
public interface IStreamGrain : IGrainWithStringKey
{
    Task<Answer> HandleAsync(Question question);
}

/// <summary>A command on its way. It is immutable, so within a process nothing is copied.</summary>
[GenerateSerializer, Immutable]
public sealed record Question([property: Id(0)] ICommand Command, [property: Id(1)] Origin Origin);

[GenerateSerializer, Immutable]
public sealed record Answer([property: Id(0)] Reply Reply);

/// <summary>
/// Reentrant, so that commands that arrive while an append is under way are let in, to be decided together. The owner guards
/// itself; the grain adds only the place and the one thread at a time.
/// </summary>
[Reentrant]
public sealed class StreamGrain(StreamKinds kinds) : Grain, IStreamGrain
{
    private IStreamOwner? owner;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        owner = kinds.Own(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public async Task<Answer> HandleAsync(Question question) => new(await owner!.HandleAsync(question.Command, question.Origin));
}

/// <summary>Routes by grain: to this process or to another silo.</summary>
public sealed class OrleansStreams(IGrainFactory grains) : IStreams
{
    /// <exception cref="StoreUnavailableException">The owner did not answer: the command may have been decided or not.</exception>
    public async Task<Reply> SendAsync(ICommand command, Origin origin)
    {
        try
        {
            return (await grains.GetGrain<IStreamGrain>(command.Stream).HandleAsync(new Question(command, origin))).Reply;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            throw new StoreUnavailableException($"The owner of {command.Stream} does not answer: {e.Message}", e);
        }
    }
}
