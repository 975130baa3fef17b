using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Domain.Project;
using IaaS.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace IaaS.Commands.Tests;

/// <summary>A writer and one owner of a project's stream on the simulation's thread, over a store whose faults a test places.</summary>
internal sealed class Bench
{
    public static readonly ProjectId Project = new("project-1");

    public Bench(Quota? quota = null, params ICommitObserver[] observers)
    {
        Store = new SimStore(Scheduler, Faults.None);
        if (quota is not null) Store.Seed(Project.Value, new ProjectCreated(Project, "p", Description: null, quota));
        Lane = Scheduler.NewLane();
        Commits = new GroupCommit(Store, observers, NullLogger<GroupCommit>.Instance);
        Owner = new StreamOwner<ProjectState>(Project.Value, Store, Commits, Lane.Time);
        Lane.Start(() => Commits.RunAsync(CancellationToken.None));
    }

    public SimScheduler Scheduler { get; } = new(seed: 1);

    public SimStore Store { get; }

    public Lane Lane { get; }

    public GroupCommit Commits { get; }

    public StreamOwner<ProjectState> Owner { get; }

    public ProjectState State => Store.Peek(Project.Value).Aggregate(ProjectState.Empty, (s, e) => ProjectState.Evolve(s, e.Event));

    public static Origin By(string operation) => new("token-1", operation, "step");

    /// <summary>Sends commands at the same time; the answers come in their order.</summary>
    public IReadOnlyList<Task<Reply>> Send(params IReadOnlyList<(ICommand Command, Origin Origin)> commands) =>
        [.. commands.Select(c => Lane.Ask(() => Owner.HandleAsync(c.Command, c.Origin)))];

    public async Task<Reply> SendAsync(ICommand command, Origin origin)
    {
        var answer = Send((command, origin))[0];
        Scheduler.Run(() => answer.IsCompleted);
        return await answer;
    }
}
