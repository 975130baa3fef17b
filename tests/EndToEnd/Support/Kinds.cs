namespace IaaS.EndToEnd.Tests.Support;

/// <summary>A kind of resource as its endpoints have it. A new kind is a new line in <see cref="Kinds"/>.</summary>
/// <param name="Name">Singular: prefix of its ids and of its codes.</param>
/// <param name="Plural">Its path.</param>
/// <param name="Parent">The kind that it is created under; null for none.</param>
/// <param name="Fields">What a create needs beside id and name, given the parent's id.</param>
public sealed record Kind(string Name, string Plural, string? Parent, Func<string, IDictionary<string, object?>> Fields)
{
    /// <summary>Whether it is renamed, enabled and disabled; a token is only made and revoked.</summary>
    public bool CanChange { get; init; } = true;

    public override string ToString() => Name;
}

public static class Kinds
{
    private static readonly Dictionary<string, object?> None = [];

    private static readonly Kind[] Known =
    [
        new("zone", "zones", null, _ => None),
        new("cluster", "clusters", "zone", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["zoneId"] = p }),
        new("host", "hosts", "cluster", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["clusterId"] = p, ["cpus"] = 4, ["memory"] = 8L << 30 }),
        new("offering", "offerings", null, _ => new Dictionary<string, object?>(StringComparer.Ordinal) { ["cpus"] = 1, ["memory"] = 1L << 30 }),
        new("diskoffering", "disk-offerings", null, _ => new Dictionary<string, object?>(StringComparer.Ordinal) { ["size"] = 10L << 30 }),
        new("storage", "storages", "zone", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["zoneId"] = p, ["capacity"] = 1L << 40 }),
        new("image", "images", null, _ => new Dictionary<string, object?>(StringComparer.Ordinal) { ["location"] = "simulator:test", ["size"] = 1L << 30 }),
        new("l2", "l2-networks", "zone", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["zoneId"] = p, ["bridge"] = "br-test" }),
        new("l3", "l3-networks", "l2", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["l2Id"] = p, ["cidr"] = "192.168.0.0/24", ["gateway"] = "192.168.0.1" }),
        new("project", "projects", null, _ => None),
        new("token", "tokens", "project", p => new Dictionary<string, object?>(StringComparer.Ordinal) { ["projectId"] = p, ["role"] = "Member" }) { CanChange = false },
    ];

    public static TheoryData<string> All => [.. Known.Select(k => k.Name)];

    public static TheoryData<string> WithParent => [.. Known.Where(k => k.Parent is not null).Select(k => k.Name)];

    public static Kind Of(string name) => Array.Find(Known, k => k.Name == name) ?? throw new ArgumentException($"There is no kind {name}.", nameof(name));

    /// <summary>A body that creates one; where no parent is named it has none that exists.</summary>
    public static IDictionary<string, object?> Body(this Kind kind, string id, string parent) =>
        new Dictionary<string, object?>(kind.Fields(parent), StringComparer.Ordinal) { ["id"] = id, ["name"] = $"name of {id}" };

    /// <summary>Creates one and all that it stands on.</summary>
    /// <returns>From the root to the leaf.</returns>
    public static async Task<IReadOnlyList<Made>> ChainAsync(this Client admin, Kind leaf)
    {
        List<Made> chain = leaf.Parent is { } parent ? [.. await admin.ChainAsync(Of(parent))] : [];
        var id = Cloud.NewId(leaf.Name);
        (await admin.PostAsync($"/v1/{leaf.Plural}", leaf.Body(id, chain.Count > 0 ? chain[^1].Id : ""))).Is(201);
        return [.. chain, new Made(leaf, id)];
    }
}

/// <summary>A resource that a test has made.</summary>
public sealed record Made(Kind Kind, string Id)
{
    public string Path => $"/v1/{Kind.Plural}/{Id}";
}
