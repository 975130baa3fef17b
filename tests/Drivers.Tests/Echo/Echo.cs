using IaaS.Domain.Host;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Echo;

/// <summary>A kind of wish that the core has never heard of.</summary>
public sealed record EnsureEcho(HostId Host, string Words) : Wish(Host);

/// <summary>A kind of driver that the core has never heard of.</summary>
public interface IEcho : IDriver
{
    Task<Outcome> EnsureEchoAsync(EnsureEcho wish, CancellationToken ct);
}

public sealed record EchoOptions
{
    public string Prefix { get; init; } = "";
}

[Driver("echo", "echo")]
public sealed class EchoDriver(EchoOptions options) : IEcho
{
    public Task<Outcome> EnsureEchoAsync(EnsureEcho wish, CancellationToken ct) =>
        Task.FromResult<Outcome>(new Outcome.Done(options.Prefix + wish.Words));
}
