using System.Reflection;

namespace IaaS.Drivers;

/// <summary>
/// Makes drivers and what their constructors ask for: services of the process, the settings, options types of the driver's own
/// assembly (a class <c>XyzOptions</c> is read from the section <c>xyz</c>), and other classes of that assembly, one of each.
/// </summary>
internal sealed class DriverParts(DriverSettings settings, IServiceProvider services)
{
    private const string OptionsSuffix = "Options";

    private readonly Dictionary<Type, object> made = [];

    public object Make(Type type)
    {
        if (made.TryGetValue(type, out var one)) return one;
        var constructor = type.GetConstructors() is [var only]
            ? only
            : throw new InvalidOperationException($"{type} must have exactly one public constructor to be made as a driver.");
        return made[type] = constructor.Invoke([.. constructor.GetParameters().Select(p => Get(type.Assembly, p))]);
    }

    private object Get(Assembly own, ParameterInfo wanted)
    {
        var type = wanted.ParameterType;
        if (type == typeof(DriverSettings)) return settings;
        if (services.GetService(type) is { } service) return service;
        if (type.Assembly == own && type.Name.EndsWith(OptionsSuffix, StringComparison.Ordinal))
        {
            if (made.TryGetValue(type, out var options)) return options;
            var section = type.Name[..^OptionsSuffix.Length];
            return made[type] = settings.Read(char.ToLowerInvariant(section[0]) + section[1..], type);
        }

        return type.Assembly == own && type is { IsClass: true, IsAbstract: false }
            ? Make(type)
            : throw new InvalidOperationException($"{wanted.Member.DeclaringType} asks for {type}, which nobody provides.");
    }
}
