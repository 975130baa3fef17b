using System.Diagnostics;
using System.Globalization;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// Sees to it that libvirt's daemons run where nothing else does, that is without systemd. It stops those that it started, and
/// only when no domain runs any more: the consoles of running guests go through <c>virtlogd</c>.
/// </summary>
public sealed class LibvirtDaemons(KvmOptions options, TimeProvider time) : IAsyncDisposable
{
    private static readonly string[] Names = ["virtlogd", "libvirtd"];
    private static readonly string[] Folders = ["/var/log/libvirt/qemu", "/var/lib/libvirt", "/run/libvirt"];

    private readonly HostCommand command = new(time);
    private readonly SemaphoreSlim one = new(1);
    private readonly List<string> started = [];

    /// <returns>Done when libvirt answers; otherwise <c>libvirt.not-running</c> with what to do.</returns>
    public async Task<Outcome> EnsureAsync(CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            var answer = await AskAsync(ct);
            if (answer.Ok) return new Outcome.Done();
            if (answer.Exit == HostCommand.NotFound)
                return Outcome.Fail("libvirt.not-installed", $"{answer.Said} Install libvirt-clients, libvirt-daemon-system and qemu-system-x86.");
            if (Directory.Exists("/run/systemd/system"))
                return Outcome.Fail("libvirt.not-running", $"{answer.Said} Start it: systemctl start libvirtd", retry: true);

            foreach (var folder in Folders) Directory.CreateDirectory(folder);
            foreach (var name in Names)
            {
                if (IsRunning(name)) continue;
                var ran = await command.RunAsync(name, ["-d"], options.CommandLimit, ct);
                if (!ran.Ok && !IsRunning(name)) return Outcome.Fail("libvirt.not-running", $"{name} does not start: {ran.Said}", retry: true);
                started.Add(name);
            }

            return await WaitAsync(ct);
        }
        finally
        {
            one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        one.Dispose();
        if (started.Count == 0) return;
        var running = await command.RunAsync("virsh", ["-c", options.Uri, "list", "--uuid"], options.CommandLimit, CancellationToken.None);
        if (!running.Ok || running.Output.Trim().Length > 0) return;
        // libvirtd first: it speaks to virtlogd.
        foreach (var name in started.AsEnumerable().Reverse()) await StopAsync(name);
        started.Clear();
    }

    private async Task<Outcome> WaitAsync(CancellationToken ct)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var answer = await AskAsync(ct);
            if (answer.Ok) return new Outcome.Done();
            if (time.GetElapsedTime(began) > options.CommandLimit)
                return Outcome.Fail("libvirt.not-running", $"libvirtd was started and does not answer: {answer.Said}", retry: true);
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, ct);
        }
    }

    private Task<Ran> AskAsync(CancellationToken ct) =>
        command.RunAsync("virsh", ["-c", options.Uri, "uri"], options.CommandLimit, ct);

    private async Task StopAsync(string name)
    {
        if (PidOf(name) is not { } pid) return;
        using var process = Process.GetProcessById(pid);
        await command.RunAsync("kill", [pid.ToString(CultureInfo.InvariantCulture)], options.CommandLimit, CancellationToken.None);
        await process.WaitForExitAsync();
    }

    private static bool IsRunning(string name) => PidOf(name) is not null;

    private static int? PidOf(string name)
    {
        var file = $"/run/{name}.pid";
        if (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var pid)) return null;
        // The file outlives a daemon that was killed, and its number may be another program's by now.
        return File.Exists($"/proc/{pid}/comm") && File.ReadAllText($"/proc/{pid}/comm").Trim() == name ? pid : null;
    }
}
