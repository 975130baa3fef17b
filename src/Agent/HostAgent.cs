using System.Reflection;
using Grpc.Core;
using IaaS.Agent.Contract;
using IaaS.Domain.Host;
using IaaS.Drivers;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Outcome = IaaS.Domain.Kernel.Outcome;

namespace IaaS.Agent;

/// <summary>The agent of one host: joins, stays connected, carries out tasks. Its end leaves the VMs running.</summary>
public sealed partial class HostAgent(
    AgentOptions options, HostDrivers drivers, WishJson wishes, WorkerLimits limits, TimeProvider time, ILogger<HostAgent> log)
{
    private static readonly HostId NotEnrolledYet = HostId.Of("host-new");

    private readonly ResiliencePipeline patience = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<RpcException>().Handle<HttpRequestException>().Handle<IOException>(),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = options.FirstPause,
            MaxDelay = options.LongestPause,
            OnRetry = retry =>
            {
                LogNotConnected(log, options.ControlPlane, retry.RetryDelay, retry.Outcome.Exception?.Message ?? "");
                return default;
            },
        })
        .Build();

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="EnrolmentRefusedException">A person must do something about it.</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await PrepareAsync(ct);
            var identity = await AgentIdentity.LoadAsync(options.DataFolder, ct) ?? await EnrollAsync(ct);
            using var results = new ResultLog(Path.Combine(options.DataFolder, "results.jsonl"), options.RememberedResults);
            var lease = new HostLease(time, options.DataFolder);
            var tasks = new AgentTasks(new HostWorker(drivers, limits, ct), wishes, results, lease, ct);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var watching = Task.WhenAll(new LeaseWatch(drivers, () => lease.Held, time, log).RunAsync(identity.Host, ending.Token), GuardAsync(identity.Host, ending.Token));
            try
            {
                await StayConnectedAsync(identity, tasks, results, lease, ct);
            }
            finally
            {
                await ending.CancelAsync();
                await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await tasks.WhenIdleAsync();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            LogStopped(log);
        }
    }

    /// <summary>When the last leased VM was started is nobody's business here: it is looked after now and then, well within a lease.</summary>
    private async Task GuardAsync(HostId host, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.GuardEvery, time);
        while (await timer.WaitForNextTickAsync(ct)) await LeaseGuard.EnsureAsync(options.DataFolder, drivers, host, ct);
    }

    private async Task StayConnectedAsync(AgentIdentity identity, AgentTasks tasks, ResultLog results, HostLease lease, CancellationToken ct)
    {
        while (true)
        {
            await patience.ExecuteAsync(stop => ConnectAsync(identity, tasks, results, lease, stop), ct);
            LogDisconnected(log);
            // A control plane that restarts loses all its agents at once; they should not all come back at once.
            await Task.Delay(options.FirstPause * (1 + (Environment.ProcessId % 8 / 8.0)), time, ct);
        }
    }

    private async Task PrepareAsync(CancellationToken ct)
    {
        foreach (var driver in drivers.All.OfType<IPrepared>())
        {
            if (await driver.PrepareAsync(ct) is Outcome.Failed { Error: var error }) LogNotPrepared(log, error.Code, error.Detail);
        }
    }

    private async Task<AgentIdentity> EnrollAsync(CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var facts = await drivers.InspectAsync(NotEnrolledYet, ct);
        var identity = await patience.ExecuteAsync(async stop => await AgentIdentity.EnrollAsync(options, facts, http, stop), ct);
        LogEnrolled(log, identity.HostId);
        return identity;
    }

    // Returns when a connection that was up ends; throws when it could not be made, so that the pauses grow.
    private async ValueTask ConnectAsync(AgentIdentity identity, AgentTasks tasks, ResultLog results, HostLease lease, CancellationToken ct)
    {
        var facts = await drivers.InspectAsync(identity.Host, ct);
        var hello = new Hello
        {
            HostId = identity.HostId,
            Secret = identity.Secret,
            AgentVersion = typeof(HostAgent).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            Facts = new Facts
            {
                HostName = options.Name,
                Cpus = facts.Cpus,
                MemoryBytes = facts.Memory.Value,
                Hypervisor = facts.Hypervisor,
            },
        };
        hello.RunningTasks.AddRange(tasks.Running);
        var welcomed = false;
        try
        {
            using var session = new AgentSession(tasks, results, lease, time);
            await session.RunAsync(
                identity.GrpcAddress(options.ControlPlane),
                hello,
                () =>
                {
                    welcomed = true;
                    LogConnected(log, identity.HostId);
                },
                ct);
        }
        catch (Exception e) when (welcomed && e is RpcException or IOException)
        {
            ct.ThrowIfCancellationRequested();
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unauthenticated)
        {
            LogRefused(log, identity.HostId, AgentIdentity.PathIn(options.DataFolder));
            throw;
        }
        catch (RpcException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
    }

    [LoggerMessage(LogLevel.Information, "Enrolled as {Host}")]
    private static partial void LogEnrolled(ILogger log, string host);

    [LoggerMessage(LogLevel.Information, "Connected as {Host}")]
    private static partial void LogConnected(ILogger log, string host);

    [LoggerMessage(LogLevel.Warning, "The connection was lost")]
    private static partial void LogDisconnected(ILogger log);

    [LoggerMessage(LogLevel.Warning, "{ControlPlane} cannot be reached, next attempt in {Pause}: {Why}")]
    private static partial void LogNotConnected(ILogger log, Uri controlPlane, TimeSpan pause, string why);

    [LoggerMessage(LogLevel.Error, "The control plane does not know {Host} with this secret. To enrol anew, remove {Identity} and give a new token.")]
    private static partial void LogRefused(ILogger log, string host, string identity);

    [LoggerMessage(LogLevel.Error, "A driver is not ready ({Code}): {Detail}")]
    private static partial void LogNotPrepared(ILogger log, string code, string detail);

    [LoggerMessage(LogLevel.Information, "Stopped; the host's VMs go on")]
    private static partial void LogStopped(ILogger log);
}
