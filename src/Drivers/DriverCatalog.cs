using System.Reflection;
using System.Runtime.Loader;

namespace IaaS.Drivers;

/// <summary>The drivers found at start: in the assemblies that are given, and in <c>IaaS.Drivers.*.dll</c> of a folder.</summary>
public sealed class DriverCatalog
{
    private readonly Dictionary<(string Kind, string Name), Type> types = [];
    private readonly HashSet<Assembly> assemblies = [];

    /// <summary>Every driver, for example <c>(hypervisor, kvm)</c>.</summary>
    public IEnumerable<(string Kind, string Name)> Names => types.Keys;

    /// <summary>Where drivers were found; new kinds of wishes may live there too.</summary>
    public IReadOnlySet<Assembly> Assemblies => assemblies;

    /// <summary>The drivers' assemblies that were delivered with the running program, in its own folder.</summary>
    public static IEnumerable<Assembly> Delivered() => Directory.EnumerateFiles(AppContext.BaseDirectory, "IaaS.Drivers.*.dll")
        .Order(StringComparer.Ordinal)
        .Select(f => Assembly.Load(AssemblyName.GetAssemblyName(f)));

    /// <param name="builtIn">Assemblies that are loaded already.</param>
    /// <param name="pluginFolder">May be null or missing: then there are no plugins.</param>
    /// <exception cref="InvalidOperationException">Two drivers have the same kind and name.</exception>
    public static DriverCatalog Load(IEnumerable<Assembly> builtIn, string? pluginFolder = null)
    {
        var catalog = new DriverCatalog();
        foreach (var assembly in builtIn) catalog.Add(assembly);
        if (!Directory.Exists(pluginFolder)) return catalog;

        foreach (var path in Directory.EnumerateFiles(pluginFolder, "IaaS.Drivers.*.dll").Order(StringComparer.Ordinal))
        {
            // A built-in driver's file in the plugin folder is the same driver, not a second one.
            if (catalog.assemblies.Any(a => a.GetName().Name == Path.GetFileNameWithoutExtension(path))) continue;
            catalog.Add(new PluginContext(path).LoadFromAssemblyPath(Path.GetFullPath(path)));
        }

        return catalog;
    }

    /// <exception cref="KeyNotFoundException">There is no such driver; the message lists those there are.</exception>
    public Type Find(string kind, string name) => types.TryGetValue((kind, name), out var type)
        ? type
        : throw new KeyNotFoundException($"No {kind} driver '{name}'. Known: {string.Join(", ", types.Keys.Select(k => $"{k.Kind}/{k.Name}"))}.");

    /// <summary>Makes the drivers of a host. They share what their assembly keeps for them, for example a simulated world.</summary>
    /// <param name="choices">Kind and name of each driver.</param>
    /// <param name="settings">Its folder and options.</param>
    /// <param name="services">Gives what constructors ask for; first <see cref="TimeProvider"/>.</param>
    public HostDrivers Assemble(IEnumerable<(string Kind, string Name)> choices, DriverSettings settings, IServiceProvider services)
    {
        var parts = new DriverParts(settings, services);
        return new HostDrivers(choices.Select(c => (IDriver)parts.Make(Find(c.Kind, c.Name))));
    }

    private void Add(Assembly assembly)
    {
        if (!assemblies.Add(assembly)) return;
        foreach (var type in assembly.GetExportedTypes())
        {
            if (type.GetCustomAttribute<DriverAttribute>() is not { } driver) continue;
            if (!type.IsAssignableTo(typeof(IDriver)))
                throw new InvalidOperationException($"{type} has [Driver] and is not an {nameof(IDriver)}.");
            if (!types.TryAdd((driver.Kind, driver.Name), type))
                throw new InvalidOperationException($"{type} and {types[(driver.Kind, driver.Name)]} both call themselves {driver.Kind}/{driver.Name}.");
        }
    }

    /// <summary>Gives a plugin the contracts and libraries of this process, and its own copies of what this process lacks.</summary>
    private sealed class PluginContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        private readonly AssemblyDependencyResolver resolver = new(Path.GetFullPath(path));

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            try
            {
                return Default.LoadFromAssemblyName(assemblyName);
            }
            catch (FileNotFoundException)
            {
                return resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
            }
        }
    }
}
