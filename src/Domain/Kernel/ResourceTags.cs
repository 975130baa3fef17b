using System.Collections.Immutable;
using System.Text;

namespace IaaS.Domain.Kernel;

[EventName("resource.tagged/1")]
public sealed record ResourceTagged(string Tag) : IEvent;

[EventName("resource.untagged/1")]
public sealed record ResourceUntagged(string Tag) : IEvent;

/// <summary>The state of what can be tagged, whatever else its kind has.</summary>
public interface ITaggedState
{
    /// <summary>In ordinal order, each once.</summary>
    ImmutableSortedSet<string> Tags { get; }

    /// <summary>Null when the resource is there; else why not.</summary>
    Decision? RefuseUnlessPresent(string id);
}

/// <summary>What a tag is: a key, or <c>key::value</c>. Users' own words, by which they find what belongs together.</summary>
public static class TagRules
{
    /// <summary>Most characters (UTF-16) of one tag.</summary>
    public const int MaxLength = 200;

    /// <summary>Most tags on one resource.</summary>
    public const int MostTags = 64;

    public const string Separator = "::";

    public static ImmutableSortedSet<string> None { get; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public static bool IsValid(string? tag) =>
        tag is { Length: > 0 and <= MaxLength }
        && !char.IsWhiteSpace(tag[0]) && !char.IsWhiteSpace(tag[^1])
        && !tag.Any(char.IsControl)
        && IsWholeText(tag)
        // In a path these are no names: clients take them out, and what is left is the path of something else.
        && tag is not ("." or "..")
        && HasKeyAndValue(tag);

    internal static ImmutableSortedSet<string> Evolve(ImmutableSortedSet<string> tags, IEvent happened) => happened switch
    {
        ResourceTagged e => tags.Add(e.Tag),
        ResourceUntagged e => tags.Remove(e.Tag),
        _ => tags,
    };

    /// <summary>Where there is a separator, the first one has something on both sides.</summary>
    private static bool HasKeyAndValue(string tag) => tag.IndexOf(Separator, StringComparison.Ordinal) is var at
        && (at < 0 || (at > 0 && at + Separator.Length < tag.Length));

    /// <summary>Half a surrogate pair would be stored as another character than was asked for.</summary>
    private static bool IsWholeText(string tag)
    {
        for (var i = 0; i < tag.Length;)
        {
            if (!Rune.TryGetRuneAt(tag, i, out var rune)) return false;
            i += rune.Utf16SequenceLength;
        }

        return true;
    }
}

public sealed record AddTag(string Stream, string Tag) : ICommand<ITaggedState>, IOneOff
{
    public Decision Decide(ITaggedState state)
    {
        if (state.RefuseUnlessPresent(Stream) is { } refusal) return refusal;
        if (state.Tags.Contains(Tag)) return Decision.Already();
        return state.Tags.Count < TagRules.MostTags
            ? Decision.Accept(new ResourceTagged(Tag))
            : Decision.Reject(RejectionKind.Conflict, "tag.too-many", $"{Stream} has {TagRules.MostTags} tags, as many as it may. Remove one first.");
    }
}

public sealed record RemoveTag(string Stream, string Tag) : ICommand<ITaggedState>, IOneOff
{
    public Decision Decide(ITaggedState state) =>
        state.RefuseUnlessPresent(Stream) ?? (state.Tags.Contains(Tag) ? Decision.Accept(new ResourceUntagged(Tag)) : Decision.Already());
}
