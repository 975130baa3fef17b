using Xunit.Abstractions;

[assembly: TestCollectionOrderer("IaaS.EndToEnd.Tests.Support.LongestFirst", "IaaS.EndToEnd.Tests")]

namespace IaaS.EndToEnd.Tests.Support;

/// <summary>What takes longest begins first, so that the others run beside it and not before it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [CloudTests.Name, nameof(CrashTests), nameof(OperationStreamTests)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(c => Longest.Any(l => c.DisplayName.Contains(l, StringComparison.Ordinal)) ? 0 : 1);
}
