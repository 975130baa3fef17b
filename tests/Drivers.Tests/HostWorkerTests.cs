using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Tests;

public sealed class HostWorkerTests
{
    private readonly HeldHypervisor driver = new();

    [Fact]
    public async Task Only_so_many_wishes_of_a_kind_run_at_once_first_come_first_served()
    {
        var worker = Worker(new WorkerLimits { AtOncePerKind = 2 });
        var answers = Enumerable.Range(0, 5).Select(_ => worker.PerformAsync(Run(), CancellationToken.None)).ToList();
        Assert.Equal(2, driver.Begun.Count);
        for (var i = 0; i < 5; i++)
        {
            driver.Release(i);
            await answers[i];
            Assert.Equal(Math.Min(5, i + 3), driver.Begun.Count);
        }

        Assert.Equal(0, worker.Load);
    }

    [Fact]
    public async Task Wishes_about_one_vm_keep_their_order_and_another_kind_of_another_vm_overtakes_them()
    {
        var worker = Worker(new WorkerLimits());
        var running = Run();
        var first = worker.PerformAsync(running, CancellationToken.None);
        var undo = worker.PerformAsync(new EnsureAbsent(Given.Host, running.Spec.Vm), CancellationToken.None);
        var other = worker.PerformAsync(new EnsureAbsent(Given.Host, new VmId("vm-other")), CancellationToken.None);
        Assert.IsType<Outcome.Done>(await other);
        Assert.False(undo.IsCompleted);
        driver.Release(0);
        await Task.WhenAll(first, undo);
        Assert.Equal(["EnsureRunning", "EnsureAbsent vm-other", $"EnsureAbsent {running.Spec.Vm}"], driver.Begun);
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_does_not_begin()
    {
        var worker = Worker(new WorkerLimits { AtOncePerKind = 1 });
        using var impatient = new CancellationTokenSource();
        var first = worker.PerformAsync(Run(), CancellationToken.None);
        var second = worker.PerformAsync(Run(), impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        driver.Release(0);
        await first;
        Assert.Single(driver.Begun);
        Assert.Equal(0, worker.Load);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_says_to_come_again()
    {
        var worker = Worker(new WorkerLimits { Queue = 1 });
        _ = worker.PerformAsync(Run(), CancellationToken.None);
        var refused = Assert.IsType<Outcome.Failed>(await worker.PerformAsync(Run(), CancellationToken.None));
        Assert.Equal(("host.busy", true), (refused.Error.Code, refused.Retry));
    }

    [Fact]
    public async Task A_driver_that_throws_is_an_outcome_and_harms_nobody_else()
    {
        var worker = Worker(new WorkerLimits());
        Given.AssertFailed("driver.broken", await worker.PerformAsync(new EnsureStopped(Given.Host, new VmId("vm-1"), true), CancellationToken.None));
        await worker.PerformAsync(new EnsureAbsent(Given.Host, new VmId("vm-1")), CancellationToken.None);
    }

    private HostWorker Worker(WorkerLimits limits) => new(new HostDrivers(driver), limits);

    private static EnsureRunning Run() => new(Given.Host, Given.Spec());
}

/// <summary>Starts wait until the test lets them go; the rest is immediate; a stop is a bug.</summary>
internal sealed class HeldHypervisor : IHypervisor
{
    private readonly List<TaskCompletionSource<Outcome>> held = [];

    public List<string> Begun { get; } = [];

    public void Release(int nth) => held[nth].SetResult(new Outcome.Done());

    public Task<Outcome> EnsureRunningAsync(EnsureRunning wish, CancellationToken ct)
    {
        Begun.Add(nameof(EnsureRunning));
        held.Add(new TaskCompletionSource<Outcome>());
        return held[^1].Task;
    }

    public Task<Outcome> EnsureAbsentAsync(EnsureAbsent wish, CancellationToken ct)
    {
        Begun.Add($"{nameof(EnsureAbsent)} {wish.Vm}");
        return Task.FromResult<Outcome>(new Outcome.Done());
    }

    public Task<Outcome> EnsureStoppedAsync(EnsureStopped wish, CancellationToken ct) => throw new InvalidOperationException("A bug.");

    public Task<Outcome> EnsureRebootedAsync(EnsureRebooted wish, CancellationToken ct) => throw new NotSupportedException();

    public Task<HostFacts> InspectAsync(Domain.Host.HostId host, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<FoundDomain>> ListAsync(Domain.Host.HostId host, CancellationToken ct) => throw new NotSupportedException();
}
