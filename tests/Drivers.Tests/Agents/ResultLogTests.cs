using IaaS.Agent;
using IaaS.Domain.Kernel;

namespace IaaS.Drivers.Tests.Agents;

public sealed class ResultLogTests : IDisposable
{
    private static readonly string Done = WishJson.WriteOutcome(new Outcome.Done("vda"));
    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("iaas-results-").FullName, "results.jsonl");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [Fact]
    public void A_result_outlives_the_process_until_it_is_acknowledged_and_is_remembered_after()
    {
        using (var log = new ResultLog(path, 10)) log.Add("task-1", Done);
        using (var log = new ResultLog(path, 10))
        {
            Assert.Equal([("task-1", Done)], log.Unacknowledged);
            log.Acknowledge("task-1");
        }

        using var last = new ResultLog(path, 10);
        Assert.Empty(last.Unacknowledged);
        Assert.Equal(Done, last.Find("task-1"));
    }

    [Fact]
    public void A_failure_that_invites_another_try_is_forgotten_once_it_is_heard()
    {
        using var log = new ResultLog(path, 10);
        log.Add("task-1", WishJson.WriteOutcome(Outcome.Fail("host.busy", "Later.", retry: true)));
        Assert.NotNull(log.Find("task-1"));
        log.Acknowledge("task-1");
        Assert.Null(log.Find("task-1"));
    }

    [Fact]
    public void Only_the_last_results_are_remembered_and_the_file_stays_small()
    {
        using (var log = new ResultLog(path, 10))
        {
            for (var i = 0; i < 500; i++)
            {
                log.Add($"task-{i}", Done);
                log.Acknowledge($"task-{i}");
            }

            Assert.Null(log.Find("task-489"));
            Assert.Equal(Done, log.Find("task-490"));
        }

        Assert.InRange(File.ReadAllLines(path).Length, 1, 60);
    }

    [Fact]
    public void A_line_that_a_crash_has_torn_is_as_if_it_had_not_been_written()
    {
        using (var log = new ResultLog(path, 10)) log.Add("task-1", Done);
        File.AppendAllText(path, """{"task":"task-2","outc""");
        using (var log = new ResultLog(path, 10))
        {
            Assert.Equal([("task-1", Done)], log.Unacknowledged);
            log.Add("task-3", Done);
        }

        using var last = new ResultLog(path, 10);
        Assert.Equal(["task-1", "task-3"], last.Unacknowledged.Select(r => r.Task));
    }
}
