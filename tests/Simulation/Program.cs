using System.CommandLine;
using IaaS.Simulation;
using IaaS.Simulation.Generator;
using IaaS.Simulation.Mutants;

var seed = new Option<int?>("--seed") { Description = "Runs this seed alone, and prints what happened." };
var seeds = new Option<int>("--seeds") { Description = "How many seeds, from --from on.", DefaultValueFactory = _ => 500 };
var from = new Option<int>("--from") { Description = "The first seed.", DefaultValueFactory = _ => 0 };
var actions = new Option<int>("--actions") { Description = "What clients ask for in each run.", DefaultValueFactory = _ => 200 };
var schedule = new Option<Schedule?>("--schedule") { Description = "How the next action is picked; all three in turn when it is not said." };
var quiet = new Option<bool>("--no-faults") { Description = "Nothing fails." };
var mutants = new Option<bool>("--mutants") { Description = "Puts bugs in, one after another, and looks for the first seed that finds each." };
var root = new RootCommand("Runs the whole control plane in one thread, in virtual time, while everything fails that can fail; and checks that nothing is lost and nothing is left.")
{
    seed, seeds, from, actions, schedule, quiet, mutants,
};
root.SetAction(parsed =>
{
    var faults = parsed.GetValue(quiet) ? Faults.None : Faults.All;
    var of = new Campaign(parsed.GetValue(actions), faults, parsed.GetValue(schedule));
    if (parsed.GetValue(mutants)) return MutantReport.Run(of, parsed.GetValue(seeds));
    return parsed.GetValue(seed) is { } one ? of.RunOne(one) : of.RunMany(parsed.GetValue(from), parsed.GetValue(seeds));
});
return await root.Parse(args).InvokeAsync();
