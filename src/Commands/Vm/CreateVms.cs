using System.Globalization;
using FluentValidation;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using IaaS.Domain.Volume;

namespace IaaS.Commands.Vm;

/// <summary>
/// What <c>vm.create-many</c> was asked for. Stored once for all of them: the orders follow from it, so that after a crash they are the same.
/// </summary>
/// <param name="Template">The order of each but for its name and ids, which are made from those given here. No NIC has a fixed address.</param>
/// <param name="Count">How many; they are numbered from 1.</param>
public sealed record VmBatch(VmOrder Template, int Count)
{
    public const int Most = 1_000;

    public VmId VmAt(int number) => VmId.Of(IdAt(Template.Vm.Value, number));

    public string NameAt(int number) => string.Create(CultureInfo.InvariantCulture, $"{Template.Name}-{number}");

    public VmOrder OrderAt(int number) => Template with
    {
        Vm = VmAt(number),
        Name = NameAt(number),
        RootVolume = VolumeId.Of(IdAt(Template.RootVolume.Value, number)),
        Nics = [.. Template.Nics.Select(n => IdAt(n.Nic, number) is var nic ? n with { Nic = nic, Mac = MacAddress.Of(nic) } : n)],
    };

    /// <summary>The operation that makes one of them, as a part of the one that makes all.</summary>
    public OperationId OperationAt(OperationId whole, int number) => ChildOperations.IdOf(whole.Value, VmAt(number).Value);

    private static string IdAt(string id, int number) => string.Create(CultureInfo.InvariantCulture, $"{id}-{number:0000}");

    public sealed class Validator : AbstractValidator<VmBatch>
    {
        private readonly VmOrder.Validator order = new();

        public Validator()
        {
            RuleFor(b => b.Count).InclusiveBetween(1, Most);
            // The last has the longest name. Errors bear the names of the request's own fields.
            RuleFor(b => b).Custom((batch, context) => order.Validate(batch.Template with { Name = batch.NameAt(Math.Clamp(batch.Count, 1, Most)) }).Errors.ForEach(context.AddFailure));
            RuleFor(b => b.Template.Name).NotEmpty().WithMessage("Send a name.").OverridePropertyName(nameof(VmOrder.Name));
        }
    }
}

/// <summary>Asks that every VM of a batch has been tried to be made.</summary>
public sealed record CreateMany(VmBatch Batch, OperationId Operation) : IRequest;

/// <summary>Makes each VM by an operation of its own, some at a time: the next begins as one ends. One that fails keeps none of the others from being made.</summary>
public sealed class VmMaker(ChildOperations children) : IPerformer<CreateMany>
{
    /// <summary>As fast as if each were asked for by itself, and few enough that little is begun after a batch was given up. Turns keep it fair to other projects.</summary>
    private const int AtOnce = 128;

    public async Task<Performed> PerformAsync(CreateMany request, Origin origin, CancellationToken ct)
    {
        var batch = request.Batch;
        var ends = new OperationReport[batch.Count];
        var begun = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, batch.Count)).Select(_ => MakeAsync()));
        var position = ends.Max(e => e.Position);
        var failed = Array.FindAll(ends, e => e.State.Failure is not null);
        return failed.Length == 0
            ? new Performed("", Error: null, Retry: false, position)
            : new Performed("", Why(request, failed), Retry: false, position);

        async Task MakeAsync()
        {
            while (Interlocked.Increment(ref begun) is var number && number <= batch.Count)
            {
                // Given up, it begins no more; those that have begun go on to their own ends.
                ct.ThrowIfCancellationRequested();
                var order = batch.OrderAt(number);
                ends[number - 1] = await children.RunAsync(origin, order.Vm.Value, CreateVmWorkflow.Name, order.Vm.Value, order, order.Project.Value, subjectIsNew: true, ct);
            }
        }
    }

    private static Rejection Why(CreateMany request, OperationReport[] failed)
    {
        var first = failed[0].State;
        return new Rejection(RejectionKind.Conflict, "vm.some-failed",
            $"{failed.Length} of {request.Batch.Count} VMs could not be made; {request.Batch.Count - failed.Length} were made and stay. {first.Started!.Subject}: {first.Failure!.Error.Detail} GET /v1/operations/{request.Operation}/results tells of each.");
    }
}

/// <summary>Many VMs of one kind. Each is made or not by itself: what has been made stays, whatever becomes of the others.</summary>
public sealed class CreateVmsWorkflow : IDefineWorkflow
{
    public const string Name = "vm.create-many";

    public static IWorkflow Definition { get; } = new Workflow<VmBatch>(Name,
    [
        // Who asks is answered when the first step is done, and not when all are made.
        new("accept", StepKind.Command, _ => new AllOf([])),
        // Nothing is taken back: those that run are what was asked for.
        new("create", StepKind.Wish, r => new CreateMany(r.Input, r.Operation), _ => new AllOf([])),
        // From here on it cannot be given up: all are made.
        new("made", StepKind.Command, _ => new AllOf([])) { MustSucceed = true },
    ])
    { TimeLimit = TimeSpan.FromHours(6), Keeps = true };
}
