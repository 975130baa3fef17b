namespace IaaS.Api.Audit;

/// <summary>
/// The invariants in SQL over the read model: hosts, storages and projects against what uses them, addresses, operations that do not end, resources
/// that no operation will ever move on. The full audit folds the log instead.
/// </summary>
/// <remarks>
/// Each looks at some rows behind <c>$1</c>, in their order, about <c>$2</c> of them, under the snapshot of its own: so what a
/// statement takes does not grow with the cloud, only with the largest of a host, a storage and a project. Its rows are code, resource and detail of a finding; the last has no code, and as its resource where to go on, or null at the end.
/// </remarks>
/// <param name="MostRows">At once. Fewer of what is looked at with all that it has: those that follow many empty ones may be full.</param>
internal sealed record InvariantStatement(string Sql, int MostRows = 20_000)
{
    private const int MostOwners = 64;

    public static IReadOnlyList<InvariantStatement> All { get; } =
    [
        new("""
            with part as materialized (select id, vm_count, used_cpus, used_memory from read.view_host where id > $1 order by id limit $2)
            select 'capacity.sum', h.id, format('It says %s VMs, %s CPUs and %s bytes; its VMs come to %s, %s and %s.', h.vm_count, h.used_cpus, h.used_memory, v.n, v.cpus, v.memory)
            from part h cross join lateral (select count(*) n, coalesce(sum(cpus), 0) cpus, coalesce(sum(memory), 0) memory from read.view_vm where host_id = h.id) v
            where h.vm_count <> v.n or h.used_cpus <> v.cpus or h.used_memory <> v.memory
            union all select null, case when count(*) = $2 then max(id) end, null from part
            """, MostOwners),
        new("""
            with part as materialized (select id, volume_count, used from read.view_storage where id > $1 order by id limit $2)
            select 'space.sum', s.id, format('It says %s volumes and %s bytes; its volumes come to %s and %s.', s.volume_count, s.used, v.n, v.size)
            from part s cross join lateral (select count(*) n, coalesce(sum(size), 0) size from read.view_volume where storage_id = s.id) v
            where s.volume_count <> v.n or s.used <> v.size
            union all select null, case when count(*) = $2 then max(id) end, null from part
            """, MostOwners),
        new("""
            with part as materialized (select id, used_vms, used_cpus, used_memory, used_storage from read.view_project where id > $1 order by id limit $2)
            select 'quota.sum', p.id, format('It says %s VMs, %s CPUs, %s and %s bytes; what it has comes to %s, %s, %s and %s.', p.used_vms, p.used_cpus, p.used_memory, p.used_storage,
                v.n, v.cpus, v.memory, v.disk + d.size)
            from part p
            cross join lateral (select count(*) n, coalesce(sum(cpus), 0) cpus, coalesce(sum(memory), 0) memory, coalesce(sum(root_disk), 0) disk from read.view_vm where project_id = p.id and state <> 'Failed') v
            cross join lateral (select coalesce(sum(size), 0) size from read.view_volume where project_id = p.id and kind = 'Data' and storage_id is not null) d
            where p.used_vms <> v.n or p.used_cpus <> v.cpus or p.used_memory <> v.memory or p.used_storage <> v.disk + d.size
            union all select null, case when count(*) = $2 then max(id) end, null from part
            """, MostOwners),
        // All NICs with an address are in one part, so it ends with an address, wherever that is.
        new("""
            with part as materialized (select (select address from read.part_vm_nics where address > $1 order by address offset $2 limit 1) as last)
            (select 'address.twice', n.l3_id, format('%s is given to %s.', n.address, string_agg(n."#owner", ' and ' order by n."#owner"))
            from read.part_vm_nics n where n.address > $1 and n.address <= (select coalesce(last, '~') from part) group by n.l3_id, n.address having count(*) > 1)
            union all select null, last, null from part
            """),
        new("""
            select 'operation.overdue', o.id, format('%s of %s is %s; it was to end by %s.', o.name, o.subject, o.state, o.deadline)
            from read.view_op o where o.state in ('Running', 'Undoing') and o.deadline < now() - interval '30 minutes' and $1 = '' and $2 > 0
            union all select null, null, null
            """),
        new("""
            with part as materialized (select id, state, operation_id from read.view_vm where id > $1 order by id limit $2)
            select 'vm.stuck', v.id, format('It is %s by %s, which has ended.', v.state, v.operation_id)
            from part v join read.view_op o on o.id = v.operation_id
            where v.state not in ('Running', 'Stopped', 'Paused', 'Recycled', 'Failed', 'Unknown') and o.state in ('Succeeded', 'Failed')
            union all select null, case when count(*) = $2 then max(id) end, null from part
            """),
        new("""
            with part as materialized (select id, state, operation_id from read.view_volume where id > $1 order by id limit $2)
            select 'volume.stuck', v.id, format('It is %s by %s, which has ended.', v.state, v.operation_id)
            from part v join read.view_op o on o.id = v.operation_id
            where v.state not in ('Detached', 'Attached', 'Failed') and o.state in ('Succeeded', 'Failed')
            union all select null, case when count(*) = $2 then max(id) end, null from part
            """),
    ];
}
