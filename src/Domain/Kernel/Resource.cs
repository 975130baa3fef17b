using System.Collections.Immutable;
using System.Text.Json;

namespace IaaS.Domain.Kernel;

/// <summary>The event that begins a resource. Each kind has its own, with its own fields.</summary>
public interface IResourceCreated : IEvent
{
    /// <summary>What it stands on; none of these can be deleted while it is there.</summary>
    IReadOnlyList<string> Parents { get; }
}

[EventName("resource.renamed/1")]
public sealed record ResourceRenamed(string Name, string? Description) : IEvent;

[EventName("resource.enabled/1")]
public sealed record ResourceEnabled : IEvent;

/// <summary>It takes nothing new from now on; what it carries goes on.</summary>
[EventName("resource.disabled/1")]
public sealed record ResourceDisabled : IEvent;

[EventName("resource.deleted/1")]
public sealed record ResourceDeleted : IEvent;

/// <param name="Dependent">The id of what stands on this resource from now on.</param>
/// <param name="By">The operation that said so; only it may take it back by undoing.</param>
[EventName("resource.dependent-added/1")]
public sealed record DependentAdded(string Dependent, string By) : IEvent;

[EventName("resource.dependent-removed/1")]
public sealed record DependentRemoved(string Dependent) : IEvent;

public enum Existence { Absent, Present, Deleted }

/// <summary>What every resource has: it is there or not, enabled or not, stands on others, and others stand on it.</summary>
public abstract record ResourceState : ITaggedState
{
    public Existence Existence { get; init; }

    public bool Enabled { get; init; } = true;

    public ImmutableArray<string> Parents { get; init; } = [];

    /// <summary>What stands on it, and the operation that said so.</summary>
    public ImmutableDictionary<string, string> Dependents { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    public ImmutableSortedSet<string> Tags { get; init; } = TagRules.None;

    /// <summary>Ids of all that keeps it from being deleted.</summary>
    public virtual IEnumerable<string> Holders => Dependents.Keys;

    /// <summary>Applies what all kinds have in common.</summary>
    protected static TState EvolveResource<TState>(TState state, IEvent happened) where TState : ResourceState => happened switch
    {
        IResourceCreated e => state with { Existence = Existence.Present, Parents = [.. e.Parents] },
        ResourceEnabled => state with { Enabled = true },
        ResourceDisabled => state with { Enabled = false },
        ResourceDeleted => state with { Existence = Existence.Deleted },
        DependentAdded e => state with { Dependents = state.Dependents.SetItem(e.Dependent, e.By) },
        DependentRemoved e => state with { Dependents = state.Dependents.Remove(e.Dependent) },
        ResourceTagged or ResourceUntagged => state with { Tags = TagRules.Evolve(state.Tags, happened) },
        _ => state,
    };

    /// <summary>Null when the resource is there; else why not.</summary>
    public Decision? RefuseUnlessPresent(string id) => Existence switch
    {
        Existence.Present => null,
        Existence.Deleted => Decision.Reject(RejectionKind.Gone, $"{ResourceId.KindOf(id)}.deleted", $"{id} has been deleted. Its history is still there."),
        _ => Decision.Reject(RejectionKind.NotFound, $"{ResourceId.KindOf(id)}.not-found", $"There is no {id}."),
    };
}

/// <summary>The commands that every kind of resource takes.</summary>
public static class ResourceCommands
{
    /// <summary>Begins a resource; refused when the id has been used before.</summary>
    public static Decision DecideCreate(this ResourceState state, string id, IResourceCreated created) => state.Existence is Existence.Absent
        ? Decision.Accept(created)
        : Taken(id);

    public static Decision Taken(string id) =>
        Decision.Reject(RejectionKind.Conflict, $"{ResourceId.KindOf(id)}.already-exists", $"{id} exists already, or did. Send another id, or none to get one.");
}

/// <summary>Says that something stands on this resource from now on.</summary>
public sealed record AddDependent(string Stream, string Dependent, string By) : ICommand<ResourceState>
{
    public Decision Decide(ResourceState state)
    {
        if (state.RefuseUnlessPresent(Stream) is { } refusal) return refusal;
        if (!state.Dependents.TryGetValue(Dependent, out var by)) return Decision.Accept(new DependentAdded(Dependent, By));
        return string.Equals(by, By, StringComparison.Ordinal)
            ? Decision.Already()
            : Decision.Reject(RejectionKind.Conflict, $"{ResourceId.KindOf(Dependent)}.already-exists", $"{Dependent} exists already. Send another id, or none to get one.");
    }
}

/// <param name="By">When given, takes back only what that operation said.</param>
public sealed record RemoveDependent(string Stream, string Dependent, string? By = null) : ICommand<ResourceState>
{
    public Decision Decide(ResourceState state) =>
        state.Dependents.TryGetValue(Dependent, out var by) && (By is null || string.Equals(by, By, StringComparison.Ordinal))
            ? Decision.Accept(new DependentRemoved(Dependent))
            : Decision.Already();
}

/// <summary>Ends a resource on which nothing stands. Its output is a JSON array of what it stood on.</summary>
public sealed record DeleteResource(string Stream) : ICommand<ResourceState>
{
    private const int MostNamed = 5;

    public Decision Decide(ResourceState state)
    {
        var parents = JsonSerializer.Serialize(state.Parents);
        if (state.Existence is Existence.Deleted) return Decision.Already(parents);
        if (state.RefuseUnlessPresent(Stream) is { } refusal) return refusal;
        var holders = state.Holders.Order(StringComparer.Ordinal).ToList();
        return holders.Count == 0
            ? new Decision.Accepted([new ResourceDeleted()], parents)
            : Decision.Reject(RejectionKind.Conflict, $"{ResourceId.KindOf(Stream)}.in-use",
                $"{holders.Count} resources stand on {Stream}: {string.Join(", ", holders.Take(MostNamed))}{(holders.Count > MostNamed ? ", …" : "")}. Delete them first, or with cascade=true all of them; dryRun=true shows what that would be.");
    }
}

public sealed record RenameResource(string Stream, string Name, string? Description) : ICommand<ResourceState>, IOneOff
{
    public Decision Decide(ResourceState state) =>
        state.RefuseUnlessPresent(Stream) ?? Decision.Accept(new ResourceRenamed(Name, Description));
}

public sealed record EnableResource(string Stream) : ICommand<ResourceState>, IOneOff
{
    public Decision Decide(ResourceState state) =>
        state.RefuseUnlessPresent(Stream) ?? (state.Enabled ? Decision.Already() : Decision.Accept(new ResourceEnabled()));
}

public sealed record DisableResource(string Stream) : ICommand<ResourceState>, IOneOff
{
    public Decision Decide(ResourceState state) =>
        state.RefuseUnlessPresent(Stream) ?? (state.Enabled ? Decision.Accept(new ResourceDisabled()) : Decision.Already());
}
