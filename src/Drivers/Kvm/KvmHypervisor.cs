using IaaS.Domain.Host;
using IaaS.Domain.Kernel;
using IaaS.Domain.Vm;

namespace IaaS.Drivers.Kvm;

/// <summary>
/// QEMU/KVM through libvirt. Each VM is a persistent domain named after its id. Its serial console is appended to
/// <c>consoles/&lt;vm id&gt;.log</c> in the data folder and removed with the VM, for what is in it is the tenant's.
/// </summary>
[Driver("hypervisor", "kvm")]
public sealed class KvmHypervisor(KvmOptions options, DriverSettings settings, LibvirtDaemons daemons, TimeProvider time)
    : IHypervisor, ICanPause, ICanHotplug, ICanHotplugNics, IOutlivesAgent, IPrepared, IAsyncDisposable
{
    private static readonly TimeSpan AskGuestEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly Virsh virsh = new(options, daemons, time);
    private readonly DiskPlugs plugs = new(options, settings, new(options, daemons, time), time);
    private readonly NicPlugs nics = new(options, settings, new(options, daemons, time), time);
    private readonly Acceleration acceleration = new(options, settings, time);

    public Task<Outcome> PrepareAsync(CancellationToken ct) => daemons.EnsureAsync(ct);

    public async Task<Outcome> EnsureRunningAsync(EnsureRunning wish, CancellationToken ct)
    {
        var domain = DomainXml.UuidOf(wish.Spec.Vm.Value);
        var (state, trouble) = await virsh.StateAsync(domain, ct);
        if (trouble is not null) return trouble;
        switch (state)
        {
            case "running" or "idle":
                return new Outcome.Done();
            case "paused":
                var resumed = await virsh.RunAsync(ct, "resume", domain);
                return resumed.Ok ? new Outcome.Done() : Virsh.Failed(resumed, $"resume {wish.Spec.Vm}");
            case "in shutdown":
                return Outcome.Fail("vm.shutting-down", $"{wish.Spec.Vm} is shutting down.", retry: true);
        }

        var (lastReboot, unread) = state is null ? ("", null) : await LastRebootAsync(domain, ct);
        return unread ?? await StartAsync(wish.Spec, lastReboot, ct);
    }

    public async Task<Outcome> EnsureStoppedAsync(EnsureStopped wish, CancellationToken ct) =>
        await StopAsync(wish.Vm, wish.Force, ct) ?? new Outcome.Done();

    public async Task<Outcome> EnsureRebootedAsync(EnsureRebooted wish, CancellationToken ct)
    {
        // The definition carries the task, and is written between the stop and the start. So whatever a crash leaves behind, the
        // repeat knows whether the restart of this task is still to come.
        var domain = DomainXml.UuidOf(wish.Spec.Vm.Value);
        var (lastReboot, trouble) = await LastRebootAsync(domain, ct);
        if (trouble is not null) return trouble;
        if (lastReboot == wish.Task) return await EnsureRunningAsync(new EnsureRunning(wish.Host, wish.Spec), ct);
        return await StopAsync(wish.Spec.Vm, force: false, ct) ?? await StartAsync(wish.Spec, wish.Task, ct);
    }

    public async Task<Outcome> EnsurePausedAsync(EnsurePaused wish, CancellationToken ct) => await HoldAsync(wish.Vm, "suspend", "paused", wish.IfItRuns, ct);

    public async Task<Outcome> EnsureResumedAsync(EnsureResumed wish, CancellationToken ct) => await HoldAsync(wish.Vm, "resume", "running", wish.IfItRuns, ct);

    public Task<Outcome> EnsureAttachedAsync(EnsureAttached wish, CancellationToken ct) => plugs.AttachAsync(wish.Vm, wish.Disk, ct);

    public Task<Outcome> EnsureDetachedAsync(EnsureDetached wish, CancellationToken ct) => plugs.DetachAsync(wish.Vm, wish.Disk, ct);

    public Task<Outcome> EnsureNicAttachedAsync(EnsureNicAttached wish, CancellationToken ct) => nics.AttachAsync(wish.Vm, wish.Nic, ct);

    public Task<Outcome> EnsureNicDetachedAsync(EnsureNicDetached wish, CancellationToken ct) => nics.DetachAsync(wish, ct);

    public async Task<Outcome> EnsureAbsentAsync(EnsureAbsent wish, CancellationToken ct)
    {
        if (await StopAsync(wish.Vm, force: true, ct) is { } trouble) return trouble;
        var ran = await virsh.RunAsync(ct, "undefine", DomainXml.UuidOf(wish.Vm.Value), "--managed-save", "--snapshots-metadata", "--nvram");
        if (!ran.Ok && !Virsh.IsMissing(ran)) return Virsh.Failed(ran, $"undefine {wish.Vm}");
        UnmarkLease(wish.Vm.Value);
        if (Directory.Exists(ConsoleFolder))
        {
            // virtlogd keeps older parts of a long console beside it, as .log.0 and so on.
            foreach (var file in Directory.EnumerateFiles(ConsoleFolder, wish.Vm.Value + ".log*")) File.Delete(file);
        }

        return new Outcome.Done();
    }

    public async Task<HostFacts> InspectAsync(HostId host, CancellationToken ct)
    {
        var version = await virsh.RunAsync(ct, "version");
        var type = await acceleration.DomainTypeAsync(ct);
        var memory = (await File.ReadAllLinesAsync("/proc/meminfo", ct))[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return new HostFacts(
            Environment.MachineName,
            Environment.ProcessorCount,
            new Bytes(long.Parse(memory, System.Globalization.CultureInfo.InvariantCulture) << 10),
            version.Ok
                ? $"{After(version.Output, "Running hypervisor: ")}, {After(version.Output, "Using library: ")}, {(type is "kvm" ? "KVM" : "emulation")}"
                : "libvirt does not answer");
    }

    public async Task<IReadOnlyList<FoundDomain>> ListAsync(HostId host, CancellationToken ct)
    {
        var all = await virsh.RunAsync(ct, "list", "--all", "--uuid", "--name");
        var active = await virsh.RunAsync(ct, "list", "--uuid");
        var held = await virsh.RunAsync(ct, "list", "--uuid", "--state-paused");
        // No list is not an empty list: whoever reads it would take every VM for lost.
        if (!all.Ok || !active.Ok || !held.Ok) throw new IOException($"libvirt does not list its domains: {all.Said} {active.Said}");
        var running = Words(active.Output).ToHashSet(StringComparer.Ordinal);
        var paused = Words(held.Output).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. all.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
                .Select(d => new FoundDomain(d[1], d[0] == DomainXml.UuidOf(d[1]), running.Contains(d[0]), File.Exists(LeaseMark(d[1])), paused.Contains(d[0]))),
        ];
    }

    /// <summary>Stops libvirt's daemons, if this driver started them and no domain runs.</summary>
    public ValueTask DisposeAsync() => daemons.DisposeAsync();

    /// <summary>Before it runs it is on disk that it needs a lease: the guard asks this, also when this process is gone.</summary>
    private void MarkLease(VmSpec spec)
    {
        var mark = LeaseMark(spec.Vm.Value);
        if (!spec.Leased)
        {
            UnmarkLease(spec.Vm.Value);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(mark)!);
        File.WriteAllText(mark, "");
    }

    private void UnmarkLease(string vm)
    {
        if (File.Exists(LeaseMark(vm))) File.Delete(LeaseMark(vm));
    }

    private string LeaseMark(string vm) => Path.Combine(settings.DataFolder, "leased", Path.GetFileName(vm));

    private string ConsoleFolder => Path.Combine(settings.DataFolder, "consoles");

    private async Task<Outcome> StartAsync(VmSpec spec, string lastReboot, CancellationToken ct)
    {
        var disk = Path.GetFullPath(DiskFiles.Of(spec.StoragePath, spec.RootVolume, settings));
        var further = (spec.Disks ?? []).Select(d => (Spec: d, Path: plugs.PathOf(d))).ToList();
        if (further.Select(d => d.Path).Prepend(disk).FirstOrDefault(d => !File.Exists(d)) is { } missing)
            return Outcome.Fail("disk.missing", $"{spec.Vm} cannot start: {missing} is not there.");
        Directory.CreateDirectory(ConsoleFolder);
        MarkLease(spec);
        var type = await acceleration.DomainTypeAsync(ct);
        var file = Path.Combine(settings.DataFolder, spec.Vm.Value + ".xml");
        var console = Path.GetFullPath(Path.Combine(ConsoleFolder, spec.Vm.Value + ".log"));
        try
        {
            await File.WriteAllTextAsync(file, DomainXml.Of(spec, type, disk, further, console, lastReboot).ToString(), ct);
            var defined = await virsh.RunAsync(ct, "define", file);
            if (!defined.Ok) return Virsh.Failed(defined, $"define {spec.Vm}");
        }
        finally
        {
            File.Delete(file);
        }

        var started = await virsh.RunAsync(ct, "start", DomainXml.UuidOf(spec.Vm.Value));
        return started.Ok || started.Error.Contains("already active", StringComparison.Ordinal)
            ? new Outcome.Done()
            : Virsh.Failed(started, $"start {spec.Vm}");
    }

    private async Task<Outcome> HoldAsync(VmId vm, string verb, string after, bool ifItRuns, CancellationToken ct)
    {
        var domain = DomainXml.UuidOf(vm.Value);
        var (state, trouble) = await virsh.StateAsync(domain, ct);
        if (trouble is not null) return trouble;
        if (state == after || (after is "running" && state is "idle")) return new Outcome.Done();
        if (state is not ("running" or "idle" or "paused")) return ifItRuns ? new Outcome.Done() : Outcome.Fail("vm.not-running", $"{vm} does not run here: it is {state ?? "not there"}.");
        var ran = await virsh.RunAsync(ct, verb, domain);
        return ran.Ok ? new Outcome.Done() : Virsh.Failed(ran, $"{verb} {vm}");
    }

    /// <returns>Null when it does not run.</returns>
    private async Task<Outcome?> StopAsync(VmId vm, bool force, CancellationToken ct)
    {
        var domain = DomainXml.UuidOf(vm.Value);
        var began = time.GetTimestamp();
        var asked = TimeSpan.MinValue;
        while (true)
        {
            var (state, trouble) = await virsh.StateAsync(domain, ct);
            if (trouble is not null) return trouble;
            if (state is null or "shut off" or "crashed") return null;

            var waited = time.GetElapsedTime(began);
            if (force || waited >= options.GracePeriod || state is "paused" or "pmsuspended")
            {
                var destroyed = await virsh.RunAsync(ct, "destroy", domain);
                return destroyed.Ok || destroyed.Error.Contains("not running", StringComparison.Ordinal) || Virsh.IsMissing(destroyed)
                    ? null
                    : Virsh.Failed(destroyed, $"destroy {vm}");
            }

            // Asked more than once: a guest that is still booting does not hear the first time.
            if (asked == TimeSpan.MinValue || waited - asked >= AskGuestEvery)
            {
                await virsh.RunAsync(ct, "shutdown", domain, "--mode", "acpi");
                asked = waited;
            }

            await Task.Delay(LookEvery, time, ct);
        }
    }

    private async Task<(string Task, Outcome? Trouble)> LastRebootAsync(string domain, CancellationToken ct)
    {
        var ran = await virsh.RunAsync(ct, "dumpxml", domain, "--inactive");
        if (ran.Ok) return (DomainXml.LastRebootOf(ran.Output), null);
        return ("", Virsh.IsMissing(ran) ? null : Virsh.Failed(ran, $"definition of {domain}"));
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string After(string text, string label) => text.Split('\n')
        .FirstOrDefault(line => line.StartsWith(label, StringComparison.Ordinal))?[label.Length..].Trim() ?? "unknown";
}
