using System.Globalization;
using System.Text.Json;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;

namespace IaaS.Commands.Host;

/// <summary>Asks that no VM is on a host which takes nothing new, by the operation that maintains it.</summary>
public sealed record EvacuateHost(HostId Host, OperationId Operation, bool StopVms) : IRequest;

/// <summary>
/// Moves the VMs of a host away, some at a time, each by an operation of its own, and looks again until the host itself says that it has
/// none. What leaves by another's doing is welcome; what is busy is asked again.
/// </summary>
public sealed class HostEvacuator(IStreams streams, ChildOperations children, TimeProvider time) : IPerformer<EvacuateHost>
{
    /// <summary>More would take the network from the guests that run.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    public async Task<Performed> PerformAsync(EvacuateHost request, Origin origin, CancellationToken ct)
    {
        var pause = TimeSpan.FromSeconds(1);
        for (var round = 1; ; round++)
        {
            var (holders, refusal) = await HoldersAsync(request, origin);
            if (holders.Count == 0) return new Performed("", refusal, Retry: false);
            Dictionary<string, Rejection> stayed = new(StringComparer.Ordinal);
            foreach (var some in holders.Chunk(AtOnce))
            {
                var errors = await Task.WhenAll(some.Select(vm => MoveAsync(request, vm, round, origin, ct)));
                foreach (var (vm, error) in some.Zip(errors))
                {
                    if (error is not null) stayed[vm] = error;
                }
            }

            if (stayed.Count == 0) continue;
            var still = (await HoldersAsync(request, origin)).Vms.Intersect(stayed.Where(s => !IsBusy(s.Value)).Select(s => s.Key), StringComparer.Ordinal).ToList();
            if (still.Count > 0) return new Performed("", Why(request.Host, still, stayed[still[0]]), Retry: false);
            // The others are being changed by somebody: that ends.
            await Task.Delay(pause, time, ct);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>Null when it has gone.</returns>
    private async Task<Rejection?> MoveAsync(EvacuateHost request, string vm, int round, Origin origin, CancellationToken ct)
    {
        var part = string.Create(CultureInfo.InvariantCulture, $"{vm}/{round}");
        var moved = await children.RunAsync(origin, part, MigrateVmWorkflow.Name, vm, new VmMigration(VmId.Of(vm), To: null), ct);
        if (moved.State.Failure is not { Error: var error } || IsBusy(error) || !request.StopVms) return moved.State.Failure?.Error;
        var stopped = await children.RunAsync(origin, $"{part}/stop", StopVmWorkflow.Name, vm, new VmTarget(VmId.Of(vm)), ct);
        return stopped.State.Failure?.Error;
    }

    private async Task<(List<string> Vms, Rejection? Refusal)> HoldersAsync(EvacuateHost request, Origin origin) =>
        (await streams.SendAsync(new BeginMaintenance(request.Host, request.Operation), origin)).Decision switch
        {
            Decision.Accepted { Output: var json } => (JsonSerializer.Deserialize<List<string>>(json)!, null),
            Decision.Rejected { Reason: var why } => ([], why),
            _ => throw new InvalidOperationException("A decision is accepted or rejected."),
        };

    private static bool IsBusy(Rejection error) => error.Code is "vm.busy";

    private static Rejection Why(HostId host, List<string> still, Rejection first) => first with
    {
        Detail = $"{still.Count} VMs cannot leave {host}. {still[0]}: {first.Detail} {host} takes VMs again. Move or stop them, or ask for stopVms.",
    };
}
