using IaaS.Api.Kernel;
using IaaS.Api.Operation;
using IaaS.Commands.Vm;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;
using IaaS.Projections.Host;
using IaaS.Projections.Query;
using IaaS.Projections.Vm;
using Microsoft.AspNetCore.Mvc;

namespace IaaS.Api.Vm;

/// <param name="Force">True pulls the plug; false asks the guest first.</param>
public sealed record StopVmBody(bool Force = false);

/// <param name="HostId">Where it must go; none for wherever it fits.</param>
public sealed record MigrateVmBody(string? HostId = null);

/// <param name="OfferingId">The size; or say <paramref name="Cpus"/> and <paramref name="Memory"/> (in bytes).</param>
public sealed record ResizeVmBody(string? OfferingId = null, int? Cpus = null, Bytes? Memory = null);

/// <param name="Policy">Wait for its host, or Restart elsewhere.</param>
public sealed record HostLossPolicyBody(HostLossPolicy Policy);

/// <param name="Fenced">True says that its host has no power: needed for a VM that waits for its host.</param>
public sealed record FailOverVmBody(bool Fenced = false);

/// <summary>A change of a VM takes its time: it is accepted with 202 and an operation to poll.</summary>
public sealed class VmEndpoints : IEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var group = new ResourceApi<VmView>("vms", ownerOf: row => row.ProjectId).Map(app);
        group.MapPost("", CreateAsync).WithName("create-vm").WithSummary("Creates a VM, and starts it unless start is false.").Accepts<CreateVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapPatch("{id}", RenameAsync).WithName("rename-vm").WithSummary("Changes name and description.").Accepts<RenameBody>("application/json")
            .Produces<VmView>().ProducesProblem(404);
        group.MapDelete("{id}", DeleteAsync)
            .WithName("destroy-vm").WithSummary("Stops it and puts it into the recycle bin; with expunge=true takes everything of it away, for good.")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/recover", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, RecoverVmWorkflow.Name, force: false))
            .WithName("recover-vm").WithSummary("Takes it out of the recycle bin; it is stopped.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/expunge", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, DestroyVmWorkflow.Name, force: false))
            .WithName("expunge-vm").WithSummary("Takes everything of it away, for good, whatever state it is in.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/pause", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, PauseVmWorkflow.Name, force: false))
            .WithName("pause-vm").WithSummary("Holds the guest where it is; it keeps its host and its memory.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/resume", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, ResumeVmWorkflow.Name, force: false))
            .WithName("resume-vm").WithSummary("Lets a paused guest go on.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/migrate", MigrateAsync).WithName("migrate-vm").WithSummary("Moves it to another host while it runs; for administrators.").Accepts<MigrateVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/fail-over", FailOverAsync).WithName("fail-over-vm").WithSummary("Starts a VM whose host is lost on another; for administrators.").Accepts<FailOverVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);
        group.MapPut("{id}/on-host-loss", SetPolicyAsync).WithName("set-host-loss-policy").WithSummary("Says what becomes of a stopped VM when its host is lost.").Accepts<HostLossPolicyBody>("application/json")
            .Produces<VmView>().ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/resize", ResizeAsync).WithName("resize-vm").WithSummary("Gives a stopped VM another size.").Accepts<ResizeVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/start", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, StartVmWorkflow.Name, force: false))
            .WithName("start-vm").WithSummary("Starts a stopped VM, on its last host if that has room.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/reboot", (string id, HttpContext http, ApiHost api) => ChangeAsync(http, api, id, RebootVmWorkflow.Name, force: false))
            .WithName("reboot-vm").WithSummary("Restarts the guest.").Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
        group.MapPost("{id}/stop", StopAsync).WithName("stop-vm").WithSummary("Stops it; it keeps its disk and its addresses.").Accepts<StopVmBody>("application/json")
            .Produces<OperationBody>(202).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<CreateVmBody>(http);
        if (problem is not null) return problem;
        return body!.Value.Resolve(http) switch
        {
            Answer<Change>.Given { Value: var change } => await api.AcceptAsync(http, change, body.Fingerprint),
            Answer<Change>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, ApiHost api, ServerOptions options, [FromQuery] bool expunge = false)
    {
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        // Of a VM whose creation failed nothing is left that could be recovered.
        if (expunge || options.RecycleFor == TimeSpan.Zero || row.State is VmPhase.Failed) return await ChangeAsync(http, api, id, DestroyVmWorkflow.Name, force: false);
        var discard = new VmDiscard(VmId.Of(id), api.Time.GetUtcNow() + options.RecycleFor);
        return await api.AcceptAsync(http, new Change(RecycleVmWorkflow.Name, id, row.ProjectId, discard), Body.Fingerprint(http.Request, []));
    }

    private static async Task<IResult> MigrateAsync(string id, HttpContext http, ApiHost api)
    {
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators move VMs between hosts."));
        var (body, problem) = await Body.ReadAsync<MigrateVmBody>(http, optional: true);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        if (body!.Value.HostId is { } host && http.Need<HostView>(host) is Answer<HostView>.Refused { Reason: var why }) return Problems.Of(why);
        HostId? to = body.Value.HostId is { } given ? HostId.Of(given) : null;
        return await api.AcceptAsync(http, new Change(MigrateVmWorkflow.Name, id, row.ProjectId, new VmMigration(VmId.Of(id), to)), body.Fingerprint);
    }

    private static async Task<IResult> FailOverAsync(string id, HttpContext http, ApiHost api)
    {
        if (!http.Caller.IsAdmin) return Problems.Of(new Rejection(RejectionKind.Forbidden, "auth.forbidden", "Only administrators say that a host is fenced."));
        var (body, problem) = await Body.ReadAsync<FailOverVmBody>(http, optional: true);
        if (problem is not null) return problem;
        return await api.FindAsync<VmView>(http, id) is { } row
            ? await api.AcceptAsync(http, new Change(FailOverVmWorkflow.Name, id, row.ProjectId, new VmFailover(VmId.Of(id), body!.Value.Fenced)), body.Fingerprint)
            : await api.MissingAsync(http, VmId.Kind, id);
    }

    private static async Task<IResult> SetPolicyAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<HostLossPolicyBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        return await api.CompleteAsync(http, new Change(SetHostLossPolicyWorkflow.Name, id, row.ProjectId, new SetHostLossPolicy(VmId.Of(id), body!.Value.Policy)),
            body.Fingerprint, async set => await api.FindAsync<VmView>(http, set) is { } now ? TypedResults.Ok(now) : await api.MissingAsync(http, VmId.Kind, set));
    }

    private static async Task<IResult> ResizeAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<ResizeVmBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        return CreateVmBody.SizeOf(http, body!.Value.OfferingId, body.Value.Cpus, body.Value.Memory) switch
        {
            Answer<(int Cpus, Bytes Memory)>.Given { Value: var size } =>
                await api.AcceptAsync(http, new Change(ResizeVmWorkflow.Name, id, row.ProjectId, new VmSize(VmId.Of(id), size.Cpus, size.Memory)), body.Fingerprint),
            Answer<(int Cpus, Bytes Memory)>.Refused { Reason: var why } => Problems.Of(why),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        };
    }

    private static async Task<IResult> StopAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<StopVmBody>(http, optional: true);
        return problem ?? await ChangeAsync(http, api, id, StopVmWorkflow.Name, body!.Value.Force, body.Fingerprint);
    }

    private static async Task<IResult> RenameAsync(string id, HttpContext http, ApiHost api)
    {
        var (body, problem) = await Body.ReadAsync<RenameBody>(http);
        if (problem is not null) return problem;
        if (await api.FindAsync<VmView>(http, id) is not { } row) return await api.MissingAsync(http, VmId.Kind, id);
        return await api.CompleteAsync(http, new Change(RenameVmWorkflow.Name, id, row.ProjectId, new RenameVm(VmId.Of(id), body!.Value.Name, body.Value.Description)),
            body.Fingerprint, async renamed => await api.FindAsync<VmView>(http, renamed) is { } now ? TypedResults.Ok(now) : await api.MissingAsync(http, VmId.Kind, renamed));
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, ApiHost api, string id, string workflow, bool force, string? fingerprint = null) =>
        await api.FindAsync<VmView>(http, id) is { } row
            ? await api.AcceptAsync(http, new Change(workflow, id, row.ProjectId, new VmTarget(VmId.Of(id), force)), fingerprint ?? Body.Fingerprint(http.Request, []))
            : await api.MissingAsync(http, VmId.Kind, id);
}
