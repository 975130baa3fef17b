using System.Globalization;
using Npgsql;

namespace IaaS.Benchmarks;

/// <summary>A large cloud, put straight into the tables of the read model: what the projector would have made of years of events.</summary>
internal static class CloudInSql
{
    public const int Clusters = 100;

    public const int Networks = 50;

    /// <summary>Loads hosts, and VMs with one NIC, one volume and three tags each.</summary>
    public static async Task LoadAsync(NpgsqlDataSource db, int hosts, int vms)
    {
        foreach (var statement in Statements(hosts, vms))
        {
            await using var command = db.CreateCommand(statement);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }

    private static IEnumerable<string> Statements(int hosts, int vms)
    {
        const string Common = "\"tags\", \"created_at\", \"updated_at\", \"#from\", \"#search\"";
        string Tail(string tags, string name, string at) => $"array[{tags}]::text[], {at}, {at}, 0, array_to_tsvector(array(select distinct w from unnest(string_to_array({name}, '-')) w where w <> ''))";
        const string At = "timestamptz '2026-01-01' + i * interval '1 second'";
        yield return $"insert into read.view_zone (id, name, description, enabled, {Common}) select 'zone-b' || i, 'zone-' || i, null, true, {Tail("", "'zone-' || i", At)} from generate_series(1, 4) i";
        yield return F($"insert into read.view_cluster (id, name, description, enabled, zone_id, {Common}) select 'cluster-b' || i, 'cluster-' || i, null, true, 'zone-b' || (1 + i % 4), {Tail("", "'cluster-' || i", At)} from generate_series(1, {Clusters}) i");
        yield return F($"""
            insert into read.view_host (id, name, description, enabled, zone_id, cluster_id, driver, status, cpus, memory, used_cpus, used_memory, vm_count, cpu_ratio,
              reserved_memory, host_name, hypervisor, agent_version, {Common})
            select 'host-b' || i, 'host-' || i, null, true, 'zone-b' || (1 + i % {Clusters} % 4), 'cluster-b' || (1 + i % {Clusters}), 'simulator', 'Connected', 640, 1099511627776, 200,
              214748364800, 100, 10, 0, 'host-' || i, 'simulator', '1', {Tail("'rack::r' || i % 40", "'host-' || i", At)} from generate_series(1, {hosts}) i
            """);
        yield return F($"""
            insert into read.view_l2 (id, name, description, enabled, zone_id, cluster_ids, bridge, vlan, {Common})
            select 'l2-b' || i, 'l2-' || i, null, true, 'zone-b' || (1 + i % 4), array[]::text[], 'br' || i, i, {Tail("", "'l2-' || i", At)} from generate_series(1, {Networks}) i
            """);
        yield return F($"""
            insert into read.view_l3 (id, name, description, enabled, l2_id, cidr, gateway, ranges, total_addresses, used_addresses, {Common})
            select 'l3-b' || i, 'l3-' || i, null, true, 'l2-b' || i, '10.0.0.0/8', null, '[]', 65536, 20000, {Tail("", "'l3-' || i", At)} from generate_series(1, {Networks}) i
            """);
        var address = "'10.' || (i / 65536) || '.' || (i / 256 % 256) || '.' || (i % 256)";
        yield return F($$"""
            insert into read.view_vm (id, name, description, project_id, state, cpus, memory, image_id, root_volume_id, root_disk, host_id, storage_id, address, nics,
              operation_id, error_code, error_detail, {{Common}})
            select 'vm-b' || i, 'web-' || i, null, 'project-b' || i % 100, case when i % 10 = 0 then 'Stopped' else 'Running' end, 1 + i % 4, (1 + i % 8) * 1073741824::bigint, 'image-demo',
              'volume-b' || i, 10737418240, 'host-b' || (1 + i % {{hosts}}), 'storage-demo', {{address}},
              jsonb_build_array(jsonb_build_object('id', 'nic-b' || i, 'l3Id', 'l3-b' || (1 + i % {{Networks}}), 'mac', 'fa:00', 'address', {{address}})),
              'op-b' || i, null, null, {{Tail("'env::' || (array['prod', 'test', 'dev'])[1 + i % 3], 'team::t' || i % 500, 'tier::web'", "'web-' || i", At)}} from generate_series(1, {{vms}}) i
            """);
        yield return F($"""
            insert into read."part_vm_nics" ("#owner", "#no", "#project", id, l3_id, mac, address, "#from")
            select 'vm-b' || i, 0, 'project-b' || i % 100, 'nic-b' || i, 'l3-b' || (1 + i % {Networks}), 'fa:00', {address}, 0 from generate_series(1, {vms}) i
            """);
        yield return F($"""
            insert into read.view_volume (id, name, description, project_id, vm_id, storage_id, image_id, size, kind, {Common})
            select 'volume-b' || i, 'root-' || i, null, 'project-b' || i % 100, 'vm-b' || i, 'storage-demo', 'image-demo', 10737418240, 'Root', {Tail("", "'root-' || i", At)} from generate_series(1, {vms}) i
            """);
        yield return "vacuum analyze";
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
