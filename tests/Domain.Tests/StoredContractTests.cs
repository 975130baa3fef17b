using System.Collections;
using System.Text.Json;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Simulation;

namespace IaaS.Domain.Tests;

/// <summary>What is in the log stays readable for as long as the log lives.</summary>
public sealed class StoredContractTests
{
    private const string Why = "A stored contract changed. What is removed or renamed can no longer be read from logs that exist: a changed event or input needs a new name or version beside the old one; a new field must be optional.";
    private static readonly EventNames Names = new();

    public static TheoryData<string> EveryEvent => [.. Names.All.Select(e => e.Name).Order(StringComparer.Ordinal)];

    [Fact]
    public void Events_keep_their_names_and_shapes() => Approved.Compare(Names.All.Select(e => $"{e.Name}: {Shape(e.Type)}"), Why);

    [Fact]
    public void Workflows_keep_their_inputs_and_steps() => Approved.Compare(
        new WorkflowCatalog().All.Select(w => $"{w.Name}: {Shape(w.InputType)} | {string.Join(", ", w.Steps.Select(s => s.Name))}"), Why);

    [Fact]
    public void Parts_of_events_and_inputs_keep_their_shapes() => Approved.Compare(
        Names.All.Select(e => e.Type).Concat(new WorkflowCatalog().All.Select(w => w.InputType)).SelectMany(Parts).Distinct().Select(t => t.IsEnum
            ? $"{t.Name}: {string.Join(" | ", Enum.GetNames(t))}"
            : $"{t.Name}: {Shape(t)}"), Why);

    [Theory, MemberData(nameof(EveryEvent))]
    public void An_event_comes_back_from_the_log_as_it_was(string name)
    {
        var type = Names.TypeOf(name);
        var json = JsonSerializer.Serialize(Samples.Of(type), type, DomainJson.Options);
        var again = JsonSerializer.Deserialize(json, type, DomainJson.Options);
        Assert.Equal(json, JsonSerializer.Serialize(again, type, DomainJson.Options));
        foreach (var field in Fields(type)) Assert.Contains($"\"{JsonNamingPolicy.CamelCase.ConvertName(field.Name!)}\":", json, StringComparison.Ordinal);
    }

    private static string Shape(Type type) => string.Join(", ", Fields(type).Select(p => $"{p.Name} {NameOf(p.ParameterType)}{(IsOptional(p) ? "?" : "")}"));

    private static System.Reflection.ParameterInfo[] Fields(Type type) => type.GetConstructors().MaxBy(c => c.GetParameters().Length)?.GetParameters() ?? [];

    private static bool IsOptional(System.Reflection.ParameterInfo field) =>
        new System.Reflection.NullabilityInfoContext().Create(field).WriteState is System.Reflection.NullabilityState.Nullable;

    private static string NameOf(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return NameOf(inner);
        return type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(NameOf))}>" : type.Name;
    }

    private static IEnumerable<Type> Parts(Type type) => Fields(type).Select(f => Element(f.ParameterType))
        .Where(t => t.Namespace!.StartsWith("IaaS.", StringComparison.Ordinal) && !t.IsAssignableTo(typeof(IResourceId)))
        .SelectMany(t => t.IsEnum ? [t] : Parts(t).Prepend(t));

    private static Type Element(Type type)
    {
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        return inner.IsGenericType && inner.IsAssignableTo(typeof(IEnumerable)) ? Element(inner.GenericTypeArguments[0]) : inner;
    }
}
