using IaaS.Domain.Operation;

namespace IaaS.Replay.Tests;

public sealed class StateViewTests
{
    [Fact]
    public void What_a_step_returned_is_shown_as_its_text_whether_it_has_been_parsed_or_not()
    {
        var before = OperationState.Empty;
        var after = OperationState.Evolve(before, new OperationAdvanced([new StepDone("begin", """{"host":"host-1"}"""), new StepDone("release", "")]));

        Assert.Equal("host-1", after.Outputs["begin"].As(said => said.Split('"')[3]));

        Assert.Equal("""{"begin":"{\"host\":\"host-1\"}","release":""}""", StateView.Json(after.Outputs)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(["outputs.begin", "outputs.release"], StateView.Differences(before, after).Select(c => c.Path));
    }
}
