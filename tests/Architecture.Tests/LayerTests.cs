using System.Reflection;
using System.Text.RegularExpressions;
using FluentValidation;
using IaaS.Commands.Kernel.Operations;
using IaaS.Domain.Kernel;
using IaaS.Drivers;
using IaaS.Projections.Kernel;
using NetArchTest.Rules;

namespace IaaS.Architecture.Tests;

public sealed partial class LayerTests
{
    private static readonly Assembly Domain = typeof(IEvent).Assembly;
    private static readonly Assembly Commands = typeof(OperationEngine).Assembly;
    private static readonly Assembly Projections = typeof(IView<>).Assembly;
    private static readonly Assembly Drivers = typeof(IDriver).Assembly;

    [Fact]
    public void The_domain_references_nothing_but_the_base_class_library() =>
        Assert.All(Domain.GetReferencedAssemblies(), a => Assert.StartsWith("System.", a.Name, StringComparison.Ordinal));

    [Theory]
    [InlineData("System.IO", "files")]
    [InlineData("System.Net", "the network")]
    [InlineData("System.TimeProvider", "the clock: time comes in with the command")]
    [InlineData("System.Random", "chance: ids come in with the command")]
    [InlineData("System.Threading", "threads")]
    public void The_domain_knows_nothing_of(string dependency, string what) => None(Domain, dependency, $"The domain must not touch {what}");

    [Theory]
    [InlineData("IaaS.Commands")]
    [InlineData("IaaS.Drivers")]
    public void Projections_see_only_events_and_their_database(string dependency) => None(Projections, dependency, "A read model is rebuilt from events alone");

    [Theory]
    [InlineData("IaaS.Commands")]
    [InlineData("IaaS.Projections")]
    [InlineData("Npgsql")]
    public void Drivers_see_only_the_domain(string dependency) => None(Drivers, dependency, "A driver is carried out on a host, far from the control plane");

    [Theory]
    [InlineData("Orleans")]
    [InlineData("Marten")]
    [InlineData("Npgsql")]
    [InlineData("IaaS.Drivers")]
    public void The_engine_knows_its_hosts_and_stores_by_ports_only(string dependency) => None(Commands, dependency, "The simulation runs the same engine");

    [Theory]
    [InlineData("src/Domain")]
    [InlineData("src/Commands")]
    [InlineData("src/Projections")]
    public void Nothing_starts_a_thread_reads_a_clock_or_draws_a_number_by_itself(string folder) => Assert.All(
        Source.Files(folder).Where(f => !f.Path.Contains("/Hosts.", StringComparison.Ordinal) && !f.Path.Contains("/Stores.", StringComparison.Ordinal)),
        f => Assert.False(OwnWill().IsMatch(f.Text), $"{f.Path} has {OwnWill().Match(f.Text).Value}: ask a port (IBackground, TimeProvider, IChance, IIds), so that a seed repeats it."));

    [Fact]
    public void Events_are_sealed_records_named_kind_dot_fact_slash_version()
    {
        var events = Domain.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IEvent))).ToList();
        Assert.NotEmpty(events);
        Assert.All(events, t => Assert.True(t.IsSealed && t.GetMethod("<Clone>$") is not null, $"{t} must be a sealed record."));
        Assert.All(events, t => Assert.Matches(@"^[a-z0-9]+\.[a-z-]+/[1-9][0-9]*$", t.GetCustomAttribute<EventNameAttribute>()?.Name ?? $"{t} has no [EventName]"));
        Assert.Equal(events.Count, events.DistinctBy(t => t.GetCustomAttribute<EventNameAttribute>()!.Name).Count());
    }

    [Fact]
    public void What_a_workflow_is_asked_for_has_a_validator() =>
        // A target is an id alone, which routes check.
        Assert.All(new WorkflowCatalog().All.Select(w => w.InputType).Distinct().Where(t => !t.Name.EndsWith("Target", StringComparison.Ordinal)),
            t => Assert.True(Array.Exists(t.GetNestedTypes(), n => n.IsAssignableTo(typeof(IValidator))), $"{t.Name} comes from outside and is stored: it needs a nested Validator."));

    [Fact]
    public void Classes_are_sealed_or_made_to_be_inherited() => Assert.All(
        new[] { Domain, Commands, Projections, Drivers }.SelectMany(a => a.GetTypes()).Where(t => t is { IsClass: true, IsAbstract: false, IsSealed: false } && t.Namespace?.StartsWith("IaaS.", StringComparison.Ordinal) is true && !t.Name.StartsWith('<')),
        t => Assert.Fail($"{t} is neither sealed nor abstract."));

    [Fact]
    public void No_type_is_named_after_nothing() => Assert.All(
        new[] { Domain, Commands, Projections, Drivers }.SelectMany(a => a.GetTypes()),
        t => Assert.False(t.Name.EndsWith("Manager", StringComparison.Ordinal) || t.Name.EndsWith("Helper", StringComparison.Ordinal) || t.Name.EndsWith("Utils", StringComparison.Ordinal), $"{t.Name} does not say what it does."));

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void No_source_file_is_longer_than_300_lines(string folder) =>
        Assert.All(Source.Files(folder), f => Assert.True(f.Text.AsSpan().Count('\n') <= 300, $"{f.Path} has {f.Text.AsSpan().Count('\n')} lines: split it by what it is about."));

    private static void None(Assembly assembly, string dependency, string why)
    {
        var result = Types.InAssembly(assembly).ShouldNot().HaveDependencyOn(dependency).GetResult();
        Assert.True(result.IsSuccessful, $"{why}, yet these use {dependency}: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [GeneratedRegex(@"\b(Task\.Run\(|Task\.Factory|ThreadPool\.|new Thread\(|new Random\(|Random\.Shared|DateTime(Offset)?\.(Utc)?Now|Guid\.(NewGuid|CreateVersion7)\(|TimeProvider\.System|Stopwatch\.|Environment\.TickCount)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex OwnWill();
}
