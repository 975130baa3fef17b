using IaaS.Commands.Kernel;
using IaaS.Domain.Project;

namespace IaaS.Commands.Tests;

public sealed class GroupCommitTests
{
    private readonly Bench bench = new();

    public GroupCommitTests() => bench.Scheduler.Run();

    [Fact]
    public void What_is_handed_over_together_is_one_commit()
    {
        var (group, first) = Do(() => (bench.Commits.Together(), Begin("project-1")));
        Assert.False(first.IsCompleted);
        var second = Do(() =>
        {
            var append = Begin("project-2");
            group.Dispose();
            return append;
        });

        Assert.True(first.IsCompletedSuccessfully && second.IsCompletedSuccessfully);
        Assert.Equal(1, bench.Commits.Count.Commits);
    }

    [Fact]
    public void A_commit_waits_for_those_that_began_before_it_and_for_no_others()
    {
        var (group, first) = Do(() => (bench.Commits.Together(), Begin("project-1")));
        using var later = Do(bench.Commits.Together);
        Do(() =>
        {
            group.Dispose();
            group.Dispose();
            return true;
        });

        Assert.True(first.IsCompletedSuccessfully);
    }

    /// <summary>On the writer's lane, until nothing is left to do.</summary>
    private T Do<T>(Func<T> work)
    {
        T result = default!;
        bench.Lane.Do(() => result = work());
        bench.Scheduler.Run();
        return result;
    }

    private Task<long?> Begin(string project) =>
        bench.Commits.AppendAsync(new Append(project, 0, [new ProjectCreated(new ProjectId(project), "p", Description: null, Quota.None)], [Bench.By("op-1")]));
}
