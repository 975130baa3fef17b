using IaaS.Commands.Audit;
using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Image;
using IaaS.Domain.Kernel;
using IaaS.Domain.Network;
using IaaS.Domain.Operation;
using IaaS.Domain.Project;
using IaaS.Domain.Snapshot;
using IaaS.Domain.Storage;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Simulation;

/// <summary>The state of every stream, folded as events are committed; and the checks that are cheap enough to make each time.</summary>
public sealed class Ledger : IOpenOperations
{
    private readonly SortedSet<string> open = new(StringComparer.Ordinal);

    public Book<HostState> Hosts { get; } = new();
    public Book<StorageState> Storages { get; } = new();
    public Book<L3State> Networks { get; } = new();
    public Book<ProjectState> Projects { get; } = new();
    public Book<VmState> Vms { get; } = new();
    public Book<VolumeState> Volumes { get; } = new();
    public Book<SnapshotState> Snapshots { get; } = new();
    public Book<ImageState> Images { get; } = new();
    public Book<OperationState> Operations { get; } = new();

    /// <summary>The same as the product's audit sees it.</summary>
    public CloudFold Cloud { get; } = new();

    public IList<string> Violations { get; } = [];

    public IReadOnlyCollection<string> Open => open;

    public void Seen(Recorded happened)
    {
        Cloud.Add(happened);
        switch (ResourceId.KindOf(happened.Stream))
        {
            case "host":
                var host = Hosts.Fold(happened);
                if (host.UsedCpus > host.Cpus || host.UsedMemory > host.Memory) Violations.Add($"{happened.Stream} is over its capacity");
                break;
            case "storage":
                var storage = Storages.Fold(happened);
                if (storage.Used > storage.Capacity) Violations.Add($"{happened.Stream} is over its capacity");
                break;
            case "l3":
                if (happened.Event is AddressAllocated a && IpV4.TryParse(a.Address, out var address) && Networks[happened.Stream].Holders4.ContainsKey(address))
                    Violations.Add($"{a.Address} is given to {a.Holder} while another has it");
                Networks.Fold(happened);
                break;
            case "project":
                var project = Projects.Fold(happened);
                if (happened.Event is QuotaReserved && (project.Quota.Vms < project.Used.Vms || project.Quota.Storage < project.Used.Storage)) Violations.Add($"{happened.Stream} is over its quota");
                break;
            case "snapshot": Snapshots.Fold(happened); break;
            case "image": Images.Fold(happened); break;
            case "volume": Volumes.Fold(happened); break;
            case "vm":
                if (happened.Event is VmRequested && Vms.Has(happened.Stream)) Violations.Add($"{happened.Stream} was created twice");
                Vms.Fold(happened);
                break;
            case "op":
                var operation = Operations.Fold(happened);
                if (operation.Phase is OperationPhase.Running or OperationPhase.Undoing) open.Add(happened.Stream);
                else open.Remove(happened.Stream);
                break;
        }
    }

    public Task<IReadOnlyList<OpenOperation>> ListAsync(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<OpenOperation>>([.. open.Select(o => new OpenOperation(new OperationId(o), Operations[o].Node))]);
}

/// <summary>The states of the streams of one kind.</summary>
public sealed class Book<TState> where TState : IState<TState>
{
    private readonly SortedDictionary<string, TState> states = new(StringComparer.Ordinal);

    public TState this[string stream] => states.TryGetValue(stream, out var state) ? state : TState.Empty;

    public IReadOnlyDictionary<string, TState> All => states;

    public bool Has(string stream) => states.ContainsKey(stream);

    public TState Fold(Recorded happened) => states[happened.Stream] = TState.Evolve(this[happened.Stream], happened.Event);
}
