using System.Globalization;
using IaaS.Projections.Kernel;
using IaaS.Projections.Vm;
using Npgsql;

namespace IaaS.Benchmarks;

/// <summary>
/// The data set of CloudStack's published run, put straight into the tables of the read model: 25,000 hosts, VMs, networks of each layer
/// and projects, 50,000 volumes and operations, and so many of every other kind that its list fills a page.
/// </summary>
internal static class PublishedCloud
{
    public const int Many = 25_000;

    private const int Zones = 500;
    private const int Clusters = 1_000;
    private const int Storages = 1_000;
    private const int Images = 1_000;

    private static readonly Dictionary<string, ViewShape> Views = ViewShape.FindAll(typeof(VmView).Assembly).ToDictionary(v => v.Name, StringComparer.Ordinal);

    public static async Task LoadAsync(NpgsqlDataSource db)
    {
        foreach (var statement in (string[])[.. Infrastructure(), .. Owned(), .. Elements(), "vacuum analyze"])
        {
            await using var command = db.CreateCommand(statement);
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync();
        }
    }

    private static IEnumerable<string> Infrastructure()
    {
        yield return Rows("zone", Zones);
        yield return Rows("cluster", Clusters, ("zone_id", Id("zone", Zones)));
        yield return Rows("host", Many, ("zone_id", Id("zone", Zones)), ("cluster_id", Id("cluster", Clusters)), ("driver", "'simulator'"), ("status", "'Connected'"), ("cpus", "640"),
            ("memory", "1099511627776"), ("used_cpus", "2"), ("used_memory", "4294967296"), ("vm_count", "1"), ("cpu_ratio", "10"), ("host_name", "'host-' || i"),
            ("hypervisor", "'simulator'"), ("agent_version", "'1'"), ("tags", "array['rack::r' || i % 40]"));
        yield return Rows("storage", Storages, ("zone_id", Id("zone", Zones)), ("cluster_ids", $"array[{Id("cluster", Clusters)}]"), ("driver", "'simulator'"), ("path", "'/var/lib/iaas/' || i"),
            ("capacity", "1099511627776000"), ("used", "53687091200000"), ("volume_count", "50"));
        yield return Rows("image", Images, ("location", "'/srv/images/' || i || '.qcow2'"), ("format", "'qcow2'"), ("size", "2147483648"), ("storage_id", Id("storage", Storages)), ("tags", "array['os::debian']"));
        yield return Rows("offering", 500, ("cpus", "2"), ("memory", "4294967296"));
        yield return Rows("diskoffering", 500, ("size", "10737418240"));
        yield return Rows("l2", Many, ("zone_id", Id("zone", Zones)), ("cluster_ids", $"array[{Id("cluster", Clusters)}]"), ("bridge", "'br-' || i"), ("vlan", "1 + i % 4094"));
        yield return Rows("l3", Many, ("l2_id", Id("l2", Many)), ("cidr", "'10.0.0.0/16'"), ("gateway", "'10.0.0.1'"), ("total_addresses", "200"), ("used_addresses", "1"),
            ("ranges", "jsonb_build_array(jsonb_build_object('id', 'range-' || i, 'first', '10.0.0.10', 'last', '10.0.0.209'))"));
    }

    private static IEnumerable<string> Owned()
    {
        yield return Rows("project", Many, ("quota", "'{\"vms\":100,\"cpus\":400}'"), ("used_vms", "1"), ("used_cpus", "2"), ("used_memory", "4294967296"), ("used_storage", "21474836480"));
        yield return Rows("token", Many, ("hash", "md5(i::text)"), ("role", "'Member'"), ("project_id", Id("project", Many)));
        yield return Rows("vm", Many, ("project_id", Id("project", Many)), ("state", "case when i % 10 = 0 then 'Stopped' else 'Running' end"), ("cpus", "2"), ("memory", "4294967296"),
            ("image_id", Id("image", Images)), ("root_volume_id", Of("volume", "2 * i - 1")), ("root_disk", "10737418240"), ("host_id", Id("host", Many)), ("storage_id", Id("storage", Storages)),
            ("address", "'10.0.0.10'"), ("nics", $"jsonb_build_array(jsonb_build_object('id', 'nic-' || i, 'l3Id', {Id("l3", Many)}, 'mac', '02:00:00:00:00:01', 'address', '10.0.0.10'))"),
            ("operation_id", Of("op", "i")), ("tags", "array['env::' || (array['prod', 'test', 'dev'])[1 + i % 3], 'team::t' || i % 500]"));
        yield return Rows("volume", 2 * Many, ("project_id", Of("project", Spread("(i + 1) / 2", Many))), ("state", "'Attached'"), ("vm_id", Of("vm", "(i + 1) / 2")), ("storage_id", Id("storage", Storages)),
            ("image_id", $"case when i % 2 = 1 then {Id("image", Images)} end"), ("size", "10737418240"), ("kind", "case when i % 2 = 1 then 'Root' else 'Data' end"),
            ("operation_id", $"case when i % 2 = 0 then {Of("op", F($"{Many} + i / 2"))} end"));
        yield return Rows("snapshot", Many, ("project_id", Of("project", Spread("i", Many))), ("state", "'Ready'"), ("volume_id", Of("volume", "2 * i")), ("operation_id", Of("op", F($"{Many} + i"))));
        yield return Rows("op", 2 * Many, ("name", F($"case when i <= {Many} then 'vm.create' else 'volume.create' end")), ("subject", $"case when i <= {Many} then {Of("vm", "i")} else {Of("volume", F($"2 * (i - {Many})"))} end"),
            ("project_id", Of("project", Spread(F($"1 + (i - 1) % {Many}"), Many))), ("state", "'Succeeded'"), ("actor", "'token-1'"), ("node", "'node-1'"), ("deadline", "timestamptz '2026-03-01'"));
    }

    private static IEnumerable<string> Elements()
    {
        yield return F($"""
            insert into read."part_vm_nics" ("#owner", "#no", "#project", id, l3_id, mac, address, "#from")
            select {Of("vm", "i")}, 0, {Id("project", Many)}, 'nic-' || i, {Id("l3", Many)}, '02:00:00:00:00:01', '10.0.0.10', 0 from generate_series(1, {Many}) i
            """);
        yield return F($"""
            insert into read."part_l3_ranges" ("#owner", "#no", "#project", id, first, last, "#from")
            select {Of("l3", "i")}, 0, null, 'range-' || i, '10.0.0.10', '10.0.0.209', 0 from generate_series(1, {Many}) i
            """);
    }

    /// <summary>Rows of a view, numbered i from 1. Columns that are not given hold nothing, or the least that their type has.</summary>
    private static string Rows(string view, int count, params (string Column, string Sql)[] given)
    {
        const string At = "timestamptz '2026-01-01' + i * interval '1 second'";
        var cells = given.ToDictionary(g => g.Column, g => g.Sql, StringComparer.Ordinal);
        cells["id"] = Of(view, "i");
        cells.TryAdd("name", $"'{view}-' || i");
        cells.TryAdd("enabled", "true");
        (cells["created_at"], cells["updated_at"]) = (At, At);
        var fields = Views[view].Fields;
        return F($"""
            insert into {ViewTables.TableOf(Views[view])} ({string.Join(", ", fields.Select(f => $"\"{f.Column}\""))}, "#from", "#search")
            select {string.Join(", ", fields.Select(f => cells.GetValueOrDefault(f.Column) ?? Least(f)))}, 0, array_to_tsvector(array['{view}', i::text]) from generate_series(1, {count}) i
            """);
    }

    private static string Least(ViewField field) => field.IsNullable ? "null" : field.SqlType switch
    {
        "text" => $"'{(field.Choices.Count > 0 ? field.Choices[0] : "")}'",
        "boolean" => "false",
        "text[]" => "'{}'::text[]",
        "jsonb" => "'[]'::jsonb",
        "timestamptz" => "timestamptz '2026-01-01'",
        _ => "0",
    };

    /// <summary>The id of a row, as long as ids are.</summary>
    private static string Of(string kind, string number) => $"'{kind}-' || lpad(to_hex({number}), 26, '0')";

    /// <summary>One of so many rows of another kind: neighbours are not neighbours there.</summary>
    private static string Id(string kind, int count) => Of(kind, Spread("i", count));

    private static string Spread(string number, int count) => F($"(1 + ({number})::bigint * 7919 % {count})");

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
