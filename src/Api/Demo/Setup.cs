using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Operation;

namespace IaaS.Api.Demo;

/// <summary>Runs operations for the server itself.</summary>
public sealed class Setup(IServiceProvider services)
{
    private readonly OperationEngine engine = services.GetRequiredService<OperationEngine>();
    private readonly IIds ids = services.GetRequiredService<IIds>();

    public string NewId(string kind) => ids.New(kind);

    /// <summary>Makes it so; what exists already is left as it is.</summary>
    /// <exception cref="InvalidOperationException">The operation failed.</exception>
    public async Task DoAsync(string workflow, string subject, object input, string actor = "system")
    {
        var id = OperationId.Of(ids.New(OperationId.Kind));
        var started = await engine.StartAsync(new OperationRequest(id, workflow, subject, Project: null, input, actor, Fingerprint: ""));
        var report = started.IsOver ? started : await engine.WaitAsync(id, TimeSpan.FromMinutes(1), CancellationToken.None);
        if (report?.State.Failure is { } failure && !failure.Error.Code.EndsWith(".already-exists", StringComparison.Ordinal)) throw new InvalidOperationException($"{workflow} of {subject} failed: {failure.Error.Detail}");
    }
}
