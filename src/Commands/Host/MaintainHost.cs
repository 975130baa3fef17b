using System.Text.Json;
using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Kernel.Resources;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;

namespace IaaS.Commands.Host;

/// <param name="StopVms">What cannot be moved is stopped; otherwise it keeps the host from being maintained.</param>
public sealed record HostUpkeep(HostId Host, bool StopVms = false)
{
    public sealed class Validator : AbstractValidator<HostUpkeep>
    {
        public Validator() => RuleFor(c => c.Host.Value).AnId(HostId.Kind).OverridePropertyName("Id");
    }
}

/// <summary>Its output is a JSON array of the VMs that the host has room reserved for, then and whenever it is asked again.</summary>
public sealed record BeginMaintenance(HostId Host, OperationId Operation) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state)
    {
        if (state.RefuseUnlessPresent(Host.Value) is { } refusal) return refusal;
        var vms = JsonSerializer.Serialize(state.Reservations.Keys.Order(StringComparer.Ordinal));
        return state.Maintenance switch
        {
            HostMaintenance.None => new Decision.Accepted([new MaintenanceBegun(Operation)], vms),
            _ when string.Equals(state.MaintainedBy, Operation.Value, StringComparison.Ordinal) => Decision.Already(vms),
            var now => Decision.Reject(RejectionKind.Conflict, "host.already-maintained", now is HostMaintenance.In
                ? $"{Host} is in maintenance already."
                : $"{state.MaintainedBy} is emptying {Host}. Wait for that to end, or cancel it."),
        };
    }
}

public sealed record EnterMaintenance(HostId Host, OperationId Operation) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) =>
        state.Maintenance is HostMaintenance.Entering && string.Equals(state.MaintainedBy, Operation.Value, StringComparison.Ordinal)
            ? Decision.Accept(new MaintenanceEntered(Operation))
            : Decision.Already();
}

/// <summary>It could not be emptied.</summary>
public sealed record UndoMaintenance(HostId Host, Rejection Error, OperationId Operation) : ICommand<HostState>
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) =>
        state.Maintenance is not HostMaintenance.None && string.Equals(state.MaintainedBy, Operation.Value, StringComparison.Ordinal)
            ? Decision.Accept(new MaintenanceEnded(Error))
            : Decision.Already();
}

/// <summary>The work on it is done.</summary>
public sealed record EndMaintenance(HostId Host) : ICommand<HostState>, IOneOff
{
    string ICommand.Stream => Host.Value;

    public Decision Decide(HostState state) => state.RefuseUnlessPresent(Host.Value) ?? state.Maintenance switch
    {
        HostMaintenance.In => Decision.Accept(new MaintenanceEnded(Error: null)),
        HostMaintenance.Entering => Decision.Reject(RejectionKind.Conflict, "host.being-emptied", $"{state.MaintainedBy} is emptying {Host}. Cancel that operation."),
        _ => Decision.Already(),
    };
}

/// <summary>
/// Empties a host for work on it. From the beginning it takes nothing new; each of its VMs is moved by an operation of its own. When one
/// can neither be moved nor, if that was asked for, stopped, the host takes VMs again; those that have left stay where they are.
/// </summary>
public sealed class MaintainHostWorkflow : IDefineWorkflow
{
    public const string Name = "host.maintain";

    public static IWorkflow Definition { get; } = new Workflow<HostUpkeep>(Name,
    [
        new("begin", StepKind.Command,
            r => new BeginMaintenance(r.Input.Host, r.Operation),
            r => new UndoMaintenance(r.Input.Host, r.Error!, r.Operation)) { Recorded = true },
        // Nothing is taken back: those that have left run well where they are.
        new("evacuate", StepKind.Wish, r => new EvacuateHost(r.Input.Host, r.Operation, r.Input.StopVms), _ => new AllOf([])),
        new("entered", StepKind.Command, r => new EnterMaintenance(r.Input.Host, r.Operation)) { MustSucceed = true },
    ])
    { TimeLimit = TimeSpan.FromHours(6), Keeps = true };
}

public sealed class EndMaintenanceWorkflow : IDefineWorkflow
{
    public const string Name = "host.end-maintenance";

    public static IWorkflow Definition { get; } = new Workflow<HostUpkeep>(Name,
        [new("end", StepKind.Command, r => new EndMaintenance(r.Input.Host))]);
}
