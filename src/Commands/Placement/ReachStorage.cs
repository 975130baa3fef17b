using IaaS.Commands.Kernel;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Storage;

namespace IaaS.Commands.Placement;

/// <summary>Asks for a host through which something can be done to a storage.</summary>
/// <param name="Preferred">Taken if it is still there.</param>
public sealed record ReachStorage(StorageId Storage, HostId? Preferred) : IRequest;

public sealed class StorageReacher(CloudMap map) : IChooser<ReachStorage>
{
    public Choice Choose(ReachStorage request, IReadOnlySet<string> refused)
    {
        var host = request.Preferred is { } preferred && map.Host(preferred.Value) is { } still
            ? still
            : map.ConnectedTo(request.Storage);
        return host is null
            ? new Choice.None(new Rejection(RejectionKind.Unavailable, "storage.unreachable", $"No connected host reaches {request.Storage}. Connect one."))
            : new Choice.Made(new Site(HostId.Of(host.Id), request.Storage, "").Write());
    }
}
