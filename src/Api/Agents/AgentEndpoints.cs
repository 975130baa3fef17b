using IaaS.Agent.Contract;
using IaaS.Api.Kernel;
using IaaS.Commands.Host;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Cluster;
using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using IaaS.Domain.Token;
using IaaS.Domain.Zone;
using IaaS.Projections.Cluster;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Agents;

/// <summary>How a host joins: its agent comes with a token for one use and leaves with a secret of its own.</summary>
public sealed class AgentEndpoints : IEndpoints
{
    private const int CpuRatio = 10;
    private const long MostOwnNeed = 1L << 30;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/v1/agents/enroll", EnrolAsync)
        .WithTags("hosts").WithName("enrol-agent").WithSummary("Turns a token of the role Agent into a host.")
        .Accepts<EnrollRequest>("application/json").Produces<EnrollResponse>(201).ProducesProblem(401);

    private static async Task<IResult> EnrolAsync(HttpContext http, ApiHost api, Tokens tokens, LiveTable<ClusterView> clusters, AgentAddress address)
    {
        var (body, problem) = await Body.ReadAsync<EnrollRequest>(http);
        if (problem is not null) return problem;
        if (tokens.Find(body!.Value.Token) is not { Role: Role.Agent, ClusterId: { } clusterId } token)
            return Problems.Of(StatusCodes.Status401Unauthorized, "auth.token-wrong", "There is no such token for agents. Make one: POST /v1/tokens with the role Agent and a clusterId.");
        if (clusters.Find(clusterId) is not { } cluster)
            return Problems.Of(new Rejection(RejectionKind.Gone, "cluster.deleted", $"The token's cluster {clusterId} has been deleted."));

        var secret = Tokens.NewSecret();
        var host = HostId.Of(http.NewId(HostId.Kind));
        var facts = body.Value.Facts;
        var enrolment = new HostEnrolment(TokenId.Of(token.Id), host, body.Value.HostName, ZoneId.Of(cluster.ZoneId), ClusterId.Of(cluster.Id),
            body.Value.Driver, facts.Cpus, new Bytes(facts.Memory), CpuRatio, OwnNeed(facts.Memory), Tokens.Hash(secret));
        if (new HostEnrolment.Validator().Validate(enrolment) is { IsValid: false } found)
            return Problems.Of(new Rejection(RejectionKind.Invalid, "request.invalid", string.Join(' ', found.Errors.Select(e => e.ErrorMessage))));
        var operation = OperationId.Of(http.NewId(OperationId.Kind));
        var report = await api.Engine.StartAsync(new OperationRequest(operation, EnrolHostWorkflow.Name, host.Value, Project: null, enrolment, token.Id, ""));
        if (!report.IsOver) report = await api.Engine.WaitAsync(operation, TimeSpan.FromSeconds(30), http.RequestAborted);
        return report?.State.Failure is { } failure
            ? Problems.Of(failure.Error, operation: operation.Value)
            : TypedResults.Created($"/v1/hosts/{host}", new EnrollResponse(host.Value, secret, address.Url(http)));
    }

    // The host's own system, libvirt and QEMU need memory, too.
    private static Bytes OwnNeed(long memory) => new(Math.Min(MostOwnNeed, memory / 8));
}

/// <summary>Where agents dial in, as they see it.</summary>
public sealed class AgentAddress(ServerOptions options)
{
    private readonly Uri configured = new(options.AgentUrl);

    /// <summary>The port that was got, where any free one was asked for.</summary>
    public int Port { get; set; }

    /// <summary>The host by which the agent reached this server, with the agents' port.</summary>
    public string Url(HttpContext http) => $"http://{http.Request.Host.Host}:{(Port == 0 ? configured.Port : Port)}";
}
