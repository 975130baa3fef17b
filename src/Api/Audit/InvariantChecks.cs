using System.Globalization;
using IaaS.Commands.Audit;
using Npgsql;

namespace IaaS.Api.Audit;

/// <summary>What one check saw.</summary>
/// <param name="Oldest">When the oldest operation that is open began; null for none.</param>
public sealed record Checked(IReadOnlyList<AuditFinding> Findings, DateTimeOffset? Oldest);

/// <summary>
/// The invariants as set-based SQL over the read model, under one snapshot: hosts, storages and projects against what uses them, addresses, operations
/// that do not end, resources that no operation will ever move on. The full audit folds the log instead.
/// </summary>
public sealed class InvariantChecks(NpgsqlDataSource db)
{
    private const int Most = 1_000;

    private static readonly string[] Statements =
    [
        """
        select 'capacity.sum', h.id, format('It says %s VMs, %s CPUs and %s bytes; its VMs come to %s, %s and %s.', h.vm_count, h.used_cpus, h.used_memory, coalesce(v.n, 0), coalesce(v.cpus, 0), coalesce(v.memory, 0))
        from read.view_host h left join (select host_id, count(*) n, sum(cpus) cpus, sum(memory) memory from read.view_vm where host_id is not null group by host_id) v on v.host_id = h.id
        where h.vm_count <> coalesce(v.n, 0) or h.used_cpus <> coalesce(v.cpus, 0) or h.used_memory <> coalesce(v.memory, 0)
        """,
        """
        select 'space.sum', s.id, format('It says %s volumes and %s bytes; its volumes come to %s and %s.', s.volume_count, s.used, coalesce(v.n, 0), coalesce(v.size, 0))
        from read.view_storage s left join (select storage_id, count(*) n, sum(size) size from read.view_volume where storage_id is not null group by storage_id) v on v.storage_id = s.id
        where s.volume_count <> coalesce(v.n, 0) or s.used <> coalesce(v.size, 0)
        """,
        """
        select 'quota.sum', p.id, format('It says %s VMs, %s CPUs, %s and %s bytes; what it has comes to %s, %s, %s and %s.', p.used_vms, p.used_cpus, p.used_memory, p.used_storage,
            coalesce(u.vms, 0), coalesce(u.cpus, 0), coalesce(u.memory, 0), coalesce(u.storage, 0))
        from read.view_project p left join (
            select project_id, sum(vms) vms, sum(cpus) cpus, sum(memory) memory, sum(storage) storage from (
                select project_id, count(*) vms, sum(cpus) cpus, sum(memory) memory, sum(root_disk) storage from read.view_vm where state <> 'Failed' group by project_id
                union all select project_id, 0, 0, 0, sum(size) from read.view_volume where kind = 'Data' and storage_id is not null group by project_id) parts
            group by project_id) u on u.project_id = p.id
        where p.used_vms <> coalesce(u.vms, 0) or p.used_cpus <> coalesce(u.cpus, 0) or p.used_memory <> coalesce(u.memory, 0) or p.used_storage <> coalesce(u.storage, 0)
        """,
        """
        select 'address.twice', n.l3_id, format('%s is given to %s.', n.address, string_agg(n."#owner", ' and ' order by n."#owner"))
        from read.part_vm_nics n group by n.l3_id, n.address having count(*) > 1
        """,
        """
        select 'operation.overdue', o.id, format('%s of %s is %s; it was to end by %s.', o.name, o.subject, o.state, o.deadline)
        from read.view_op o where o.state in ('Running', 'Undoing') and o.deadline < now() - interval '30 minutes'
        """,
        """
        select 'vm.stuck', v.id, format('It is %s by %s, which has ended.', v.state, v.operation_id)
        from read.view_vm v join read.view_op o on o.id = v.operation_id
        where v.state not in ('Running', 'Stopped', 'Paused', 'Recycled', 'Failed', 'Unknown') and o.state in ('Succeeded', 'Failed')
        """,
        """
        select 'volume.stuck', v.id, format('It is %s by %s, which has ended.', v.state, v.operation_id)
        from read.view_volume v join read.view_op o on o.id = v.operation_id
        where v.state not in ('Detached', 'Attached', 'Failed') and o.state in ('Succeeded', 'Failed')
        """,
    ];

    private static readonly string Together = string.Join(" union all ", Statements.Select(s => string.Create(CultureInfo.InvariantCulture, $"({s} limit {Most})")));

    public async Task<Checked> RunAsync(CancellationToken ct)
    {
        await using var connection = await db.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        DateTimeOffset? oldest;
        // What it reads it has read by then: it must never be in anybody's way.
        await using (var look = new NpgsqlCommand("set transaction read only; set local statement_timeout = '30s'; select min(created_at) from read.view_op where state in ('Running', 'Undoing')", connection, transaction))
            oldest = await look.ExecuteScalarAsync(ct) is DateTime began ? new DateTimeOffset(DateTime.SpecifyKind(began, DateTimeKind.Utc)) : null;
        await using var check = new NpgsqlCommand(Together, connection, transaction);
        await using var reader = await check.ExecuteReaderAsync(ct);
        List<AuditFinding> found = [];
        while (await reader.ReadAsync(ct)) found.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        return new(found, oldest);
    }
}
