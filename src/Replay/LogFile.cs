using System.Runtime.CompilerServices;
using System.Text.Json;

namespace IaaS.Replay;

/// <summary>A log as a file of JSON lines, one event each, in the order of positions.</summary>
public static class LogFile
{
    /// <exception cref="ReplayException">There is no such file, or a line of it is no event.</exception>
    public static async IAsyncEnumerable<LogRow> ReadAsync(string path, [EnumeratorCancellation] CancellationToken ct)
    {
        using var file = Open(path);
        for (var number = 1; await file.ReadLineAsync(ct) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line)) yield return Parse(path, number, line);
        }
    }

    /// <summary>Writes beside the file and puts it in its place at the end: half a log never looks like a whole one.</summary>
    /// <returns>How many events were written, and the position of the last.</returns>
    public static async Task<(long Events, long Last)> WriteAsync(string path, IAsyncEnumerable<LogRow> rows, CancellationToken ct)
    {
        var unfinished = path + ".part";
        try
        {
            var (events, last) = (0L, 0L);
            await using (var file = new StreamWriter(unfinished) { NewLine = "\n" })
            {
                await foreach (var row in rows.WithCancellation(ct))
                {
                    await file.WriteLineAsync(row.Line().AsMemory(), ct);
                    (events, last) = (events + 1, row.Position);
                }
            }

            File.Move(unfinished, path, overwrite: true);
            return (events, last);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReplayException($"{path} cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            return new(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReplayException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static LogRow Parse(string path, int number, string line)
    {
        try
        {
            return LogRow.Parse(line);
        }
        catch (JsonException e)
        {
            throw new ReplayException($"{path}, line {number} is no event: {e.Message}", e);
        }
    }
}
