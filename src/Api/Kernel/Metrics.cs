using System.Diagnostics.Metrics;
using IaaS.Commands.Kernel;
using IaaS.Commands.Kernel.Operations;
using IaaS.Projections.Kernel;

namespace IaaS.Api.Kernel;

/// <summary>What operators watch. Names and units are a contract.</summary>
public sealed class Metrics : IDisposable
{
    public const string Name = "IaaS";

    private readonly Meter meter = new(Name);

    public Metrics(GroupCommit commits, OperationEngine engine, Projector projector, Admission admission)
    {
        meter.CreateObservableCounter("iaas.store.commits", () => commits.Count.Commits, "{commit}", "Commits of this process.");
        meter.CreateObservableCounter("iaas.store.events", () => commits.Count.Events, "{event}", "Events written by this process.");
        meter.CreateObservableGauge("iaas.store.position", () => commits.Position, "{position}", "Position of the last event written by this process.");
        meter.CreateObservableGauge("iaas.operations.running", () => engine.RunningCount, "{operation}", "Operations that this process runs now.");
        meter.CreateObservableGauge("iaas.operations.waiting", () => engine.WaitingCount, "{operation}", "Operations that wait for their turn to act.");
        meter.CreateObservableCounter("iaas.requests.refused", () => admission.Refused, "{request}", "Requests refused because the server was busy.");
        meter.CreateObservableGauge("iaas.projection.position", () => projector.Position, "{position}", "Position that the read model has come to.");
        meter.CreateObservableGauge("iaas.projection.lag", () => projector.Lag, "{position}", "Positions that the read model is behind.");
        meter.CreateObservableCounter("iaas.projection.applied", () => projector.Applied, "{event}", "Events applied to the read model.");
        meter.CreateObservableGauge("iaas.projection.stopped", () => projector.Views.Count(v => v.Failure is not null), "{view}", "Views that have stopped at an event.");
    }

    public void Dispose() => meter.Dispose();
}
