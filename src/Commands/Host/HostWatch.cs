using System.Collections.Concurrent;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Host;

/// <param name="LeaseIsOver">So that of what needs a lease nothing runs on it any more.</param>
public sealed record WatchedHost(HostId Id, bool Connected, bool LeaseIsOver);

/// <summary>A VM that by the log is on a host.</summary>
/// <param name="Operation">The last that changed it.</param>
public sealed record HostedVm(VmId Vm, string Project, VmPhase Phase, HostLossPolicy OnHostLoss, string Operation);

/// <summary>The hosts that can be lost, and what is on them.</summary>
public interface IHosting
{
    IEnumerable<WatchedHost> Hosts { get; }

    /// <summary>As of some moment after the call.</summary>
    Task<IReadOnlyList<HostedVm>> OnAsync(HostId host, CancellationToken ct);
}

/// <summary>
/// Notices that hosts are lost, starts their VMs elsewhere where that is their policy, and compares what hosts have with what the log says.
/// To be called every few seconds. All that it remembers it can do without: what matters is decided by the streams.
/// </summary>
public sealed class HostWatch(IHosting hosting, IStreams streams, IEventStore store, IDrivers drivers, OperationEngine engine, IIds ids, TimeProvider time)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ObserveWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<HostId, DateTimeOffset> looked = new();
    private readonly Dictionary<(VmId Vm, bool InPlace), (DateTimeOffset Due, TimeSpan Pause)> tried = [];

    public async Task TickAsync(CancellationToken ct)
    {
        foreach (var host in hosting.Hosts.ToList())
        {
            if (host.Connected)
            {
                if (!looked.TryGetValue(host.Id, out var last) || time.GetUtcNow() >= last + LookAgain) await LookAtAsync(host.Id, ct);
                continue;
            }

            // It is looked at as soon as it is back.
            LookSoon(host.Id);
            if (!host.LeaseIsOver) continue;
            // The host itself decides: its agent may be back since.
            var reply = await streams.SendAsync(new DeclareHostLost(host.Id, "its lease has ended"), OriginOf("watch"));
            if (reply.Decision is not Decision.Accepted { Output: DeclareHostLost.IsLost }) continue;
            foreach (var vm in await hosting.OnAsync(host.Id, ct)) await LoseAsync(vm, host.Id, hostIsThere: false);
        }
    }

    /// <summary>Something about it is new: its agent has connected.</summary>
    public void LookSoon(HostId host) => looked.TryRemove(host, out _);

    /// <summary>Compares one host with the log, now.</summary>
    /// <returns>False when the host did not say what it has, or something on it was being changed.</returns>
    public async Task<bool> LookAtAsync(HostId host, CancellationToken ct)
    {
        // The log first: what it says later is not what was looked at.
        var hosted = (await hosting.OnAsync(host, ct)).ToDictionary(v => v.Vm.Value, StringComparer.Ordinal);
        if (await ObserveAsync(host, ct) is not { } found) return false;
        List<string> strangers = [];
        var settled = true;
        foreach (var domain in found)
        {
            if (hosted.ContainsKey(domain.Vm)) continue;
            var state = domain.Ours ? await StateOfAsync(domain.Vm, ct) : VmState.Empty;
            switch (Reconciliation.Of(state, state.Host == host, domain))
            {
                case Finding.Stray:
                    await StartAsync(ClearStrayWorkflow.Name, domain.Vm, state.Requested!.Project.Value, new VmStray(VmId.Of(domain.Vm), host));
                    break;
                case Finding.Changing:
                    settled = false;
                    break;
                case Finding.Stranger:
                    strangers.Add(domain.Vm);
                    break;
            }
        }

        var there = found.ToDictionary(d => d.Vm, StringComparer.Ordinal);
        foreach (var vm in hosted.Values)
        {
            switch (Reconciliation.Of(VmState.Empty with { Phase = vm.Phase }, here: true, there.GetValueOrDefault(vm.Vm.Value)))
            {
                case Finding.Changing:
                    settled = false;
                    break;
                case Finding.Back:
                    await streams.SendAsync(new FindVm(vm.Vm, host, there[vm.Vm.Value].Paused), OriginOf("watch"));
                    break;
                case Finding.Missing or Finding.StillMissing:
                    await LoseAsync(vm, host, hostIsThere: true);
                    break;
            }
        }

        strangers.Sort(StringComparer.Ordinal);
        await streams.SendAsync(new ReportStrangers(host, strangers), OriginOf("watch"));
        // What was being changed is looked at again soon.
        if (settled) looked[host] = time.GetUtcNow();
        return settled;
    }

    private async Task LoseAsync(HostedVm vm, HostId host, bool hostIsThere)
    {
        if (vm.Phase is VmPhase.Running or VmPhase.Paused) await streams.SendAsync(new LoseVm(vm.Vm, host, hostIsThere, vm.Operation), OriginOf("watch"));
        else if (vm.Phase is not VmPhase.Unknown) return;
        if (vm.OnHostLoss is not HostLossPolicy.Restart) return;
        // Where there is no room for it now, it is tried again, and not every few seconds.
        var (due, pause) = tried.GetValueOrDefault((vm.Vm, hostIsThere), (DateTimeOffset.MinValue, TimeSpan.FromSeconds(10)));
        if (time.GetUtcNow() < due) return;
        tried[(vm.Vm, hostIsThere)] = (time.GetUtcNow() + pause, pause * 2 < LongestPause ? pause * 2 : LongestPause);
        var begun = await StartAsync(FailOverVmWorkflow.Name, vm.Vm.Value, vm.Project, new VmFailover(vm.Vm, InPlace: hostIsThere));
        if (begun.State.Phase is OperationPhase.Succeeded) tried.Remove((vm.Vm, hostIsThere));
    }

    private async Task<IReadOnlyList<FoundDomain>?> ObserveAsync(HostId host, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(ObserveWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        try
        {
            // A name of its own: what was observed before is no answer.
            var answer = await drivers.PerformAsync(ids.New("watch"), new ObserveDomains(host), either.Token);
            return answer is Outcome.Done { Output: var json } ? JsonSerializer.Deserialize<List<FoundDomain>>(json, DomainJson.Options) : null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<VmState> StateOfAsync(string vm, CancellationToken ct)
    {
        if (!ResourceId.IsValid(vm, VmId.Kind)) return VmState.Empty;
        try
        {
            return (await store.ReadAsync(vm, 0, ct)).Aggregate(VmState.Empty, (s, e) => VmState.Evolve(s, e.Event));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private Task<OperationReport> StartAsync(string workflow, string vm, string project, object input) =>
        engine.StartAsync(new OperationRequest(OperationId.Of(ids.New(OperationId.Kind)), workflow, vm, project, input, "system", Fingerprint: ""));

    private static Origin OriginOf(string cause) => new("system", "", cause);
}
