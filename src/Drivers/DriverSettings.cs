using System.Text.Json;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers;

/// <summary>What drivers are told when they are made.</summary>
/// <param name="DataFolder">Where a driver may keep files: images it caches, consoles, what it must remember.</param>
/// <param name="Sections">Settings by name of section; a driver reads its own.</param>
public sealed record DriverSettings(string DataFolder, IReadOnlyDictionary<string, JsonElement> Sections)
{
    public DriverSettings(string dataFolder) : this(dataFolder, new Dictionary<string, JsonElement>(StringComparer.Ordinal)) { }

    /// <summary>Reads a JSON object of sections.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static DriverSettings Parse(string dataFolder, string json) =>
        new(dataFolder, JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json, DomainJson.Options) ?? []);

    /// <summary>One section as an options type; its defaults where the section is missing.</summary>
    public object Read(string section, Type type) => Sections.TryGetValue(section, out var json)
        ? json.Deserialize(type, DomainJson.Options) ?? throw new JsonException($"The settings '{section}' must not be null.")
        : Activator.CreateInstance(type)!;
}
