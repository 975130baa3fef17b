using System.Collections.Concurrent;
using System.Diagnostics;
using IaaS.EndToEnd.Tests.Support;

namespace IaaS.EndToEnd.Tests.RealHost;

/// <summary>The real agent, as a process of its own: this machine as a host, with libvirt and QEMU.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    // Outputs of all projects lie side by side, one folder for each configuration.
    private static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "IaaS.Agent",
        new DirectoryInfo(AppContext.BaseDirectory).Name, "iaas-agent.dll"));

    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;

    public AgentProcess(Uri controlPlane, string folder, string name, string? token, string drivers = "kvm")
    {
        string[] words =
        [
            Program, "--control-plane", controlPlane.ToString(), "--data", folder, "--name", name, "--drivers", drivers,
            .. token is null ? Array.Empty<string>() : ["--token", token],
        ];
        process = new Process { StartInfo = new ProcessStartInfo("dotnet", words) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true } };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has said.</summary>
    public string Output => string.Join(Environment.NewLine, output);

    public Task ConnectedAsync() => Eventually.HoldsAsync("the agent is connected", () =>
    {
        Assert.False(process.HasExited, $"The agent ended: {Output}");
        return Output.Contains("Connected as host-", StringComparison.Ordinal);
    });

    public Task SignalAsync(string signal) => Shell.RunAsync("kill", $"-{signal}", $"{process.Id}");

    /// <summary>SIGKILL, which it cannot hear.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>SIGTERM, as a service manager sends it. The VMs go on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await Shell.RunAsync("kill", "-TERM", $"{process.Id}");
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is not null) output.Enqueue(line);
    }
}
