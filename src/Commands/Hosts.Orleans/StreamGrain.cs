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
/// itself; the grain adds only the place.
/// </summary>
[Reentrant]
public sealed class StreamGrain(StreamOwners owners) : Grain, IStreamGrain
{
    public async Task<Answer> HandleAsync(Question question) =>
        new(await owners.Of(this.GetPrimaryKeyString()).HandleAsync(question.Command, question.Origin));
}

/// <summary>
/// Routes by grain where there is more than one silo. Where there is one, every stream is at home in it, and its owner is called
/// without a message.
/// </summary>
public sealed class OrleansStreams(IGrainFactory grains, StreamOwners owners, IClusterMembershipService cluster) : IStreams
{
    /// <exception cref="StoreUnavailableException">The owner did not answer: the command may have been decided or not.</exception>
    public Task<Reply> SendAsync(ICommand command, Origin origin, CommitDependencies? ahead = null) =>
        IsAlone(cluster.CurrentSnapshot) ? owners.Of(command.Stream).HandleAsync(command, origin, ahead) : AskAsync(command, origin, ahead);

    private async Task<Reply> AskAsync(ICommand command, Origin origin, CommitDependencies? ahead)
    {
        // Another process has a writer of its own, which knows nothing of what waits for this one's.
        if (ahead is not null) await ahead.SettleAsync();
        try
        {
            return (await grains.GetGrain<IStreamGrain>(command.Stream).HandleAsync(new Question(command, origin))).Reply;
        }
        catch (Exception e) when (e is TimeoutException or OrleansException)
        {
            throw new StoreUnavailableException($"The owner of {command.Stream} does not answer: {e.Message}", e);
        }
    }

    /// <summary>Members that have left stay in the table for a while.</summary>
    private static bool IsAlone(ClusterMembershipSnapshot snapshot)
    {
        if (snapshot.Members.Count <= 1) return true;
        var others = 0;
        foreach (var (_, member) in snapshot.Members)
        {
            if (member.Status is not SiloStatus.Dead && ++others > 1) return false;
        }

        return true;
    }
}
