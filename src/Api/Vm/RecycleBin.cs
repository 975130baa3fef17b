using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Commands.Vm;
using IaaS.Domain.Operation;
using IaaS.Domain.Vm;
using Npgsql;

namespace IaaS.Api.Vm;

/// <summary>Destroys what has been in the recycle bin for its time.</summary>
public sealed class RecycleBin(NpgsqlDataSource db, OperationEngine engine, IIds ids, TimeProvider time)
{
    private const int AtOnce = 100;

    /// <summary>Begins to destroy the VMs whose time is up, the oldest first. To be called every few seconds.</summary>
    public async Task EmptyAsync(CancellationToken ct)
    {
        await using var command = db.CreateCommand("select id, project_id from read.view_vm where state = $1 and expunge_at <= $2 order by expunge_at limit $3");
        command.Parameters.Add(new() { Value = nameof(VmPhase.Recycled) });
        command.Parameters.Add(new() { Value = time.GetUtcNow().ToUniversalTime() });
        command.Parameters.Add(new() { Value = AtOnce });
        List<(string Vm, string Project)> due = [];
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct)) due.Add((reader.GetString(0), reader.GetString(1)));
        }

        // A VM that somebody recovered meanwhile refuses; one that another node destroys is busy.
        foreach (var (vm, project) in due)
        {
            await engine.StartAsync(new OperationRequest(OperationId.Of(ids.New(OperationId.Kind)), ExpungeVmWorkflow.Name, vm, project, new VmTarget(VmId.Of(vm)), "system", Fingerprint: ""));
        }
    }
}
