using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Query;
using IaaS.Projections.Query.Language;
using IaaS.Projections.Query.Schema;
using IaaS.Projections.Vm;

namespace IaaS.Benchmarks;

/// <summary>The query engine without HTTP, on the server's database: what it adds to the SQL.</summary>
internal sealed class EngineUnderTest(QueryDatabase db)
{
    private readonly QueryEngine engine = new(db, new QuerySchema(ViewShape.FindAll(typeof(VmView).Assembly)), new NoEvents(), TimeProvider.System);

    public async Task AskAsync(string text) => await AnswerAsync(text);

    public async Task<string?> NextAsync(string text) => (await AnswerAsync(text)).Next;

    private async Task<QueryAnswer> AnswerAsync(string text) => QueryParser.ParseOne(text) switch
    {
        Answer<QuerySyntax>.Given { Value: var query } => await engine.AskAsync(query, new QueryCaller(Project: null), CancellationToken.None, text) switch
        {
            Answer<QueryAnswer>.Given { Value: var answer } => answer,
            Answer<QueryAnswer>.Refused { Reason: var why } => throw new InvalidOperationException($"{text}: {why.Detail}"),
            _ => throw new InvalidOperationException("An answer is given or refused."),
        },
        Answer<QuerySyntax>.Refused { Reason: var why } => throw new InvalidOperationException($"{text}: {why.Detail}"),
        _ => throw new InvalidOperationException("An answer is given or refused."),
    };

    /// <summary>The rows were loaded as standing since before all events.</summary>
    private sealed class NoEvents : IFeed
    {
        public Task<IReadOnlyList<Recorded>> ReadAsync(long after, int max, CancellationToken ct) => Task.FromResult<IReadOnlyList<Recorded>>([]);
    }
}
