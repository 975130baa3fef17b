using System.Collections.Frozen;
using System.Reflection;
using IaaS.Domain.Kernel;

namespace IaaS.Commands.Kernel.Operations;

/// <summary>Marks a class with a static property <c>Definition</c> that is a workflow.</summary>
public interface IDefineWorkflow
{
    static abstract IWorkflow Definition { get; }
}

/// <summary>Every workflow by its name; found in assemblies, so that a new one edits no list.</summary>
public sealed class WorkflowCatalog
{
    private readonly FrozenDictionary<string, IWorkflow> byName;

    public WorkflowCatalog(params IEnumerable<Assembly> assemblies) =>
        byName = assemblies.Append(typeof(WorkflowCatalog).Assembly).Distinct()
            .SelectMany(a => a.GetTypes())
            .Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && t.IsAssignableTo(typeof(IDefineWorkflow)))
            .Select(t => (IWorkflow)typeof(WorkflowCatalog).GetMethod(nameof(DefinitionOf), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(t).Invoke(null, null)!)
            .ToFrozenDictionary(w => w.Name, StringComparer.Ordinal);

    /// <summary>These and no others.</summary>
    public WorkflowCatalog(IEnumerable<IWorkflow> workflows) => byName = workflows.ToFrozenDictionary(w => w.Name, StringComparer.Ordinal);

    public IEnumerable<IWorkflow> All => byName.Values;

    public IWorkflow this[string name] => byName.TryGetValue(name, out var workflow)
        ? workflow
        : throw new InvalidOperationException($"The log holds an operation '{name}', which this version does not know. A newer version wrote it, or a plugin is missing.");

    private static IWorkflow DefinitionOf<T>() where T : IDefineWorkflow => T.Definition;
}
