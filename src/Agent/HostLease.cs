using System.Globalization;

namespace IaaS.Agent;

/// <summary>
/// How long the host may run what needs a lease. It counts from when the agent sent what the control plane answered, so it ends here before
/// it ends there, however long the answer took. It is kept in a file for the guard, which may outlive this process.
/// </summary>
public sealed class HostLease(TimeProvider time, string folder)
{
    private readonly Lock gate = new();
    private long from;
    private TimeSpan length;

    public bool Held
    {
        get
        {
            lock (gate) return length > TimeSpan.Zero && time.GetElapsedTime(from) < length;
        }
    }

    /// <param name="sent">Timestamp of what was answered.</param>
    public void Renew(long sent, TimeSpan granted)
    {
        lock (gate)
        {
            (from, length) = (sent, granted);
            LeaseFile.Write(folder, SinceBoot.Now + granted - time.GetElapsedTime(sent));
        }
    }
}

/// <summary>The end of the lease, as time since the machine was started: the clock on the wall may be set, and a restart ends it.</summary>
internal static class LeaseFile
{
    /// <summary>Null for none.</summary>
    public static TimeSpan? Read(string folder) =>
        File.Exists(PathIn(folder)) && double.TryParse(File.ReadAllText(PathIn(folder)), CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    public static void Write(string folder, TimeSpan until)
    {
        var fresh = PathIn(folder) + ".new";
        File.WriteAllText(fresh, until.TotalSeconds.ToString("R", CultureInfo.InvariantCulture));
        File.Move(fresh, PathIn(folder), overwrite: true);
    }

    private static string PathIn(string folder) => Path.Combine(folder, "lease");
}

internal static class SinceBoot
{
    /// <summary>Also counts while the machine sleeps.</summary>
    public static TimeSpan Now => TimeSpan.FromSeconds(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture));
}
