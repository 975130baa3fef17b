using System.ComponentModel;
using System.Diagnostics;

namespace IaaS.Drivers.Kvm;

/// <param name="Exit">Exit code; 127 when there is no such program, 124 when it took too long and was killed.</param>
internal sealed record Ran(int Exit, string Output, string Error)
{
    public bool Ok => Exit == 0;

    public bool TimedOut => Exit == HostCommand.TooLong;

    /// <summary>What the program said, for people.</summary>
    public string Said => Error.Length > 0 ? Error.Trim() : Output.Trim();
}

/// <summary>Runs a program of the host, within a time limit. Arguments are passed as they are: there is no shell.</summary>
internal sealed class HostCommand(TimeProvider time)
{
    public const int TooLong = 124;
    public const int NotFound = 127;

    /// <exception cref="OperationCanceledException">The program was killed because <paramref name="ct"/> was cancelled.</exception>
    public async Task<Ran> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Messages are matched and shown: they must not depend on the host's language.
        start.Environment["LC_ALL"] = "C";
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new Ran(NotFound, "", $"{program} cannot be run: {e.Message}");
        }

        process.StandardInput.Close();
        using var late = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var error = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return new Ran(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return new Ran(TooLong, "", $"{program} took longer than {limit}.");
        }
    }
}
