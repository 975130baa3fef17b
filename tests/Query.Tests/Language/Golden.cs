using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Compile;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Vm;
using IaaS.Tests;

namespace IaaS.Query.Tests.Language;

/// <summary>Queries, what they are read as, and the SQL that they become: a change of either shows in a diff.</summary>
public sealed class Golden
{
    private static readonly QuerySchema Schema = new(ViewShape.FindAll(typeof(VmView).Assembly));

    [Fact]
    public void Trees_and_statements_are_those_that_were_agreed_on()
    {
        var path = Repository.PathOf("tests", "Query.Tests", "Language", "golden.approved.txt");
        var now = string.Join("\n\n", File.ReadLines(Repository.PathOf("tests", "Query.Tests", "Language", "queries.txt")).Where(l => l.Length > 0).Select(Describe)) + "\n";
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("CI") is null) File.WriteAllText(path, now);
        var before = File.ReadAllText(path).ReplaceLineEndings("\n");
        if (before == now) return;
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "golden.received.txt"), now);
        var line = before.Split('\n').Zip(now.Split('\n')).TakeWhile(p => p.First == p.Second).Count();
        Assert.Fail($"From line {line + 1} on it is now '{now.Split('\n').ElementAtOrDefault(line)}'. If that is meant, delete {path}, run the test where CI is not set, and read the diff.");
    }

    private static string Describe(string line)
    {
        // "member:" asks as one.
        var member = line.StartsWith("member: ", StringComparison.Ordinal);
        var text = member ? line["member: ".Length..] : line;
        switch (QueryParser.ParseOne(text))
        {
            case Answer<QuerySyntax>.Refused { Reason: var why }: return $"{line}\n  refused {why.Code}: {why.Detail}";
            case Answer<QuerySyntax>.Given { Value: var query }:
                var context = new CompileContext(Schema, new QueryCaller(member ? "project-a" : null), new QueryLimits(), past: query.AsOf is not null);
                var printed = $"{line}\n  = {QueryPrinter.Print(query)}";
                return QueryCompiler.Compile(context, query) is { } compiled
                    ? $"{printed}\n  {compiled.Sql.Replace("\n", "\n  ", StringComparison.Ordinal)}\n  -- {string.Join(", ", context.Parameters.Select(p => p.Value is Array a ? $"[{string.Join(' ', a.Cast<object>())}]" : $"{p.Value}"))}"
                    : $"{printed}\n  refused {context.Refusal!.Value.Why.Code}: {context.Refusal.Value.Why.Detail}";
            default: throw new InvalidOperationException("An answer is given or refused.");
        }
    }
}
