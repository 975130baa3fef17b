using System.Collections.Concurrent;
using IaaS.Agents.Gateway;
using IaaS.Commands.Host;
using IaaS.Domain.Host;
using IaaS.Domain.Vm;
using IaaS.Projections.Host;
using IaaS.Projections.Kernel;
using Npgsql;

namespace IaaS.Api.Agents;

/// <summary>When each host was last granted a lease. After a start any may have been granted one just before.</summary>
public sealed class HostLeases(AgentGatewayOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<HostId, long> granted = new();
    private readonly long begun = time.GetTimestamp();

    public void Granted(HostId host) => granted[host] = time.GetTimestamp();

    /// <summary>Long enough that the agent, or its guard, has stopped what needs a lease.</summary>
    public bool IsOver(HostId host) => time.GetElapsedTime(granted.GetValueOrDefault(host, begun)) > options.Lease + options.LeaseMargin;
}

/// <summary>The hosts with agents, from the read side.</summary>
public sealed class Hosting(LiveTable<HostView> hosts, HostLeases leases, NpgsqlDataSource db) : IHosting
{
    public IEnumerable<WatchedHost> Hosts => hosts.All.Where(h => h is { Driver: not LocalHosts.Driver, Status: not "Connecting" }).Select(h =>
    {
        var id = HostId.Of(h.Id);
        return new WatchedHost(id, h.Status is "Connected", leases.IsOver(id));
    });

    public async Task<IReadOnlyList<HostedVm>> OnAsync(HostId host, CancellationToken ct)
    {
        await using var command = db.CreateCommand("select id, project_id, state, on_host_loss, operation_id from read.view_vm where host_id = $1");
        command.Parameters.Add(new() { Value = host.Value });
        await using var reader = await command.ExecuteReaderAsync(ct);
        List<HostedVm> found = [];
        while (await reader.ReadAsync(ct))
        {
            found.Add(new HostedVm(VmId.Of(reader.GetString(0)), reader.GetString(1), Enum.Parse<VmPhase>(reader.GetString(2)),
                Enum.Parse<HostLossPolicy>(reader.GetString(3)), reader.GetString(4)));
        }

        return found;
    }
}
