using System.Globalization;
using System.Text.Json;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;

namespace IaaS.Projections.Query.Past;

/// <summary>One thing that happened to a row.</summary>
/// <param name="Event">Its stored name, as <c>vm.created/1</c>.</param>
/// <param name="Actor">Who: a token, an agent, or the system.</param>
/// <param name="Operation">The operation that it was part of; empty when none was.</param>
/// <param name="Cause">The step of it.</param>
/// <param name="Changed">The fields that are different since, each with what it was and what it became.</param>
public sealed record RowChange(
    long Position, DateTimeOffset At, string Id, string Event, string Actor, string Operation, string Cause, IReadOnlyDictionary<string, FieldChange> Changed);

/// <param name="Rows">In the order of positions.</param>
/// <param name="Position">The last moment's.</param>
public sealed record RowChanges(IReadOnlyList<RowChange> Rows, long Position);

/// <summary>Null where the row was not there, or the field had no value.</summary>
public sealed record FieldChange(JsonElement? From, JsonElement? To);

/// <summary>Reads the history of one resource. The composition root adapts the event store to it.</summary>
public interface IHistories
{
    /// <summary>All events of a stream, from its first. Throws when the store cannot be reached.</summary>
    Task<IReadOnlyList<Recorded>> ReadAsync(string stream, CancellationToken ct);
}

/// <summary>Answers <c>between … and …</c>: what happened, after the first moment and up to the second, to the rows that a query finds at either.</summary>
public sealed class Changes(QueryEngine engine, IHistories histories, EventNames names)
{
    /// <summary>Refused with <c>query.*</c>. Changes are in the order of positions.</summary>
    public async Task<Answer<RowChanges>> AskAsync(QuerySyntax query, QueryCaller caller, CancellationToken ct, string? text = null)
    {
        if (query.Between is not { } between) throw new ArgumentException("The query asks for rows, not for changes.", nameof(query));
        if (query.AsOf is not null || query.GroupBy.Count > 0 || query.OrderBy.Count > 0 || query.Return is not null || query.After is not null || query.WithTotal)
        {
            return Places.In(Refusals.SubQuery("With 'between' a query has a kind, conditions, and a limit of resources."), query.At, text);
        }

        if (engine.Schema.Find(query.Kind) is { View.Project: null } && !caller.IsAdmin)
        {
            return new Rejection(RejectionKind.Forbidden, "auth.forbidden", $"What projects share is held by VMs of all of them: only administrators see the history of {query.Kind}.");
        }

        var from = await engine.Moments.PositionAsync(between.From, ct);
        if (from is Answer<long>.Refused { Reason: var early }) return Places.In(early, between.From.At, text);
        var to = await engine.Moments.PositionAsync(between.To, ct);
        if (to is Answer<long>.Refused { Reason: var late }) return Places.In(late, between.To.At, text);
        var (first, last) = (((Answer<long>.Given)from).Value, ((Answer<long>.Given)to).Value);
        SortedSet<string> ids = new(StringComparer.Ordinal);
        foreach (var position in (long[])[first, last])
        {
            switch (await engine.AskAsync(IdsAt(query, position), caller, ct, text))
            {
                case Answer<QueryAnswer>.Refused { Reason: var why }: return why;
                case Answer<QueryAnswer>.Given { Value: { Next: not null } }: return Places.In(Refusals.TooManyWatched(engine.Limits.Rows), query.At, text);
                case Answer<QueryAnswer>.Given { Value: var answer }: ids.UnionWith(answer.Rows.Select(r => (string)r[0]!)); break;
            }
        }

        var fold = ChangeFold.For(engine.Schema.Find(query.Kind)!.View);
        List<RowChange> changes = [];
        foreach (var id in ids) changes.AddRange(fold.Of(id, await histories.ReadAsync(id, ct), first, last, names));
        return new RowChanges([.. changes.OrderBy(c => c.Position)], last);
    }

    private QuerySyntax IdsAt(QuerySyntax query, long position) => query with
    {
        Between = null,
        AsOf = new(position.ToString(CultureInfo.InvariantCulture), IsPosition: true, query.At),
        Limit = query.Limit ?? new(engine.Limits.Rows, query.At),
        Return = [new(new PathExpressionSyntax(new([new("id", Filter: null, query.At)])), Alias: null, query.At)],
    };
}

/// <summary>The history of one row, as changes of its fields.</summary>
internal abstract class ChangeFold
{
    public abstract IEnumerable<RowChange> Of(string id, IReadOnlyList<Recorded> events, long after, long until, EventNames names);

    public static ChangeFold For(ViewShape view) => (ChangeFold)Activator.CreateInstance(typeof(ChangeFold<>).MakeGenericType(view.View))!;
}

internal sealed class ChangeFold<TView> : ChangeFold where TView : class, IView<TView>
{
    public override IEnumerable<RowChange> Of(string id, IReadOnlyList<Recorded> events, long after, long until, EventNames names)
    {
        TView? row = null;
        foreach (var happened in events.Where(e => e.Position <= until && string.Equals(TView.RowOf(e), id, StringComparison.Ordinal)))
        {
            var before = row;
            row = TView.Apply(row, happened);
            if (happened.Position <= after) continue;
            yield return new(happened.Position, happened.At, id, names.NameOf(happened.Event.GetType()), happened.Origin.Actor,
                happened.Origin.Correlation, happened.Origin.Causation, Differences(before, row));
        }
    }

    private static SortedDictionary<string, FieldChange> Differences(TView? before, TView? after)
    {
        var shape = ViewShape.Of<TView>();
        SortedDictionary<string, FieldChange> changed = new(StringComparer.Ordinal);
        foreach (var field in shape.Fields.Where(f => !shape.Type.Hidden.Contains(f.Name, StringComparer.Ordinal)))
        {
            var (was, now) = (Json(field, before), Json(field, after));
            if (!string.Equals(was?.GetRawText(), now?.GetRawText(), StringComparison.Ordinal)) changed[field.Name] = new(was, now);
        }

        return changed;
    }

    private static JsonElement? Json(ViewField field, TView? row) =>
        row is not null && field.Property.GetValue(row) is { } value ? JsonSerializer.SerializeToElement(value, value.GetType(), DomainJson.Options) : null;
}
