using System.Diagnostics;

namespace IaaS.EndToEnd.Tests.RealHost;

/// <summary>Asks the machine itself, not the control plane.</summary>
public static class Shell
{
    /// <returns>What it printed on standard output.</returns>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (exit, said, error) = await TryAsync(program, arguments);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)} failed: {said}{error}");
        return said;
    }

    public static async Task<(int Exit, string Said, string Error)> TryAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said, await error);
    }

    public static Task<string> VirshAsync(params string[] arguments) => RunAsync("virsh", ["--connect", "qemu:///system", .. arguments]);
}
