using System.Text.Json;
using System.Text.Json.Nodes;
using IaaS.Domain.Kernel;
using IaaS.Drivers;

namespace IaaS.Agent;

/// <summary>
/// The results of tasks, in an append-only file: on disk before they are sent, sent until they are acknowledged, and remembered for
/// a while after that. A failure that invites another try is forgotten once it is acknowledged, for that try uses the same task id.
/// </summary>
public sealed class ResultLog : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, string> outcomes = new(StringComparer.Ordinal);
    private readonly HashSet<string> unacknowledged = new(StringComparer.Ordinal);
    private readonly Queue<string> acknowledged = [];
    private readonly string path;
    private readonly int remembered;
    private FileStream file;
    private int lines;

    /// <param name="path">The file; made if it is missing.</param>
    /// <param name="remembered">How many acknowledged results are kept.</param>
    /// <exception cref="InvalidDataException">The file is damaged before its last line.</exception>
    public ResultLog(string path, int remembered)
    {
        this.path = path;
        this.remembered = remembered;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (File.Exists(path)) Load(File.ReadAllLines(path));
        // Also cuts off a last line that a crash has torn.
        file = Rewrite();
    }

    /// <summary>Results that the control plane has not acknowledged, as outcome JSON by task.</summary>
    public IReadOnlyList<(string Task, string Outcome)> Unacknowledged
    {
        get
        {
            lock (gate) return [.. unacknowledged.Select(t => (t, outcomes[t]))];
        }
    }

    /// <summary>The outcome JSON of a task that was carried out; null when it was not, or is forgotten.</summary>
    public string? Find(string task)
    {
        lock (gate) return outcomes.GetValueOrDefault(task);
    }

    /// <summary>When it returns, the result survives a crash of the host.</summary>
    public void Add(string task, string outcome)
    {
        lock (gate)
        {
            Apply(task, outcome);
            Write(new Line(task, JsonNode.Parse(outcome), null));
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Not flushed: a lost acknowledgement costs one more sending of the result.</summary>
    public void Acknowledge(string task)
    {
        lock (gate)
        {
            if (!Apply(task)) return;
            Write(new Line(null, null, task));
            file.Flush();
            if (lines <= 4 * remembered) return;
            file.Dispose();
            file = Rewrite();
        }
    }

    public void Dispose() => file.Dispose();

    private void Load(string[] text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            try
            {
                var line = JsonSerializer.Deserialize<Line>(text[i], DomainJson.Options);
                if (line is { Task: { } task, Outcome: { } outcome }) Apply(task, outcome.ToJsonString(DomainJson.Options));
                else if (line is { Ack: { } ack }) Apply(ack);
            }
            catch (JsonException) when (i == text.Length - 1)
            {
                // Torn by a crash: it was never sent, hence never relied upon.
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"Line {i + 1} of {path} is damaged. Its tasks may be carried out again if it is removed.", e);
            }
        }
    }

    private void Apply(string task, string outcome)
    {
        outcomes[task] = outcome;
        unacknowledged.Add(task);
    }

    private bool Apply(string acknowledgedTask)
    {
        if (!unacknowledged.Remove(acknowledgedTask)) return false;
        if (WishJson.ReadOutcome(outcomes[acknowledgedTask]) is Outcome.Failed { Retry: true })
        {
            outcomes.Remove(acknowledgedTask);
            return true;
        }

        acknowledged.Enqueue(acknowledgedTask);
        while (acknowledged.Count > remembered)
        {
            var oldest = acknowledged.Dequeue();
            if (!unacknowledged.Contains(oldest)) outcomes.Remove(oldest);
        }

        return true;
    }

    private FileStream Rewrite()
    {
        lines = 0;
        file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write);
        foreach (var task in acknowledged.Concat(unacknowledged).Distinct(StringComparer.Ordinal))
            Write(new Line(task, JsonNode.Parse(outcomes[task]), null));
        foreach (var task in acknowledged.Where(t => !unacknowledged.Contains(t))) Write(new Line(null, null, task));
        file.Flush(flushToDisk: true);
        File.Move(path + ".part", path, overwrite: true);
        return file;
    }

    private void Write(Line line)
    {
        JsonSerializer.Serialize(file, line, DomainJson.Options);
        file.WriteByte((byte)'\n');
        lines++;
    }

    private sealed record Line(string? Task, JsonNode? Outcome, string? Ack);
}
