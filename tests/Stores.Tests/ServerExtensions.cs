using System.Diagnostics;
using IaaS.Postgres;

namespace IaaS.Stores.Tests;

internal static class ServerExtensions
{
    /// <summary>SIGKILL to the postmaster, as a lack of memory does it; returns when it is gone.</summary>
    public static async Task KillAsync(this EmbeddedPostgres server)
    {
        using var process = Process.GetProcessById(server.ProcessId!.Value);
        process.Kill();
        await process.WaitForExitAsync();
    }
}
