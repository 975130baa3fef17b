using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IaaS.Postgres;

/// <summary>Runs a program to its end, and signals one.</summary>
internal static partial class Shell
{
    public const int Interrupt = 2;
    public const int Quit = 3;

    public static ProcessStartInfo Command(IReadOnlyList<string> command)
    {
        // A folder that every user may be in: ours may be closed to the server's user.
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false, WorkingDirectory = "/", RedirectStandardInput = true };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        start.Environment["TZ"] = "UTC";
        start.Environment["LC_ALL"] = "C.UTF-8";
        return start;
    }

    /// <exception cref="EmbeddedPostgresException">It is missing or failed; with what it said.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command, CancellationToken ct)
    {
        var start = Command(command);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start) ?? throw new EmbeddedPostgresException($"{command[0]} did not start.");
        process.StandardInput.Close();
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        if (process.ExitCode != 0)
            throw new EmbeddedPostgresException($"'{string.Join(' ', command)}' failed with code {process.ExitCode}: {string.Concat(said).Trim()}");
    }

    /// <summary>False when there is no such process.</summary>
    public static bool Signal(int process, int signal) => Kill(process, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
