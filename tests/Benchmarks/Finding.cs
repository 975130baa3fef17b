using System.Globalization;

namespace IaaS.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="Aim">As it was set.</param>
/// <param name="Found">What was measured, as text.</param>
/// <param name="Reached">Null where there is no aim.</param>
/// <param name="Beside">The raw limit of the same run, and what else one wants to know.</param>
/// <param name="Numbers">For comparison by programs.</param>
internal sealed record Finding(string Work, string Aim, string Found, bool? Reached, string Beside, IReadOnlyDictionary<string, double> Numbers)
{
    public static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static IReadOnlyDictionary<string, double> Of(params (string Name, double Value)[] numbers) => numbers.ToDictionary(n => n.Name, n => n.Value, StringComparer.Ordinal);
}

/// <summary>Some lines that are measured on one server.</summary>
internal interface IRow
{
    /// <summary>To ask for it alone.</summary>
    string Name { get; }

    Task<IReadOnlyList<Finding>> RunAsync(BenchContext context);
}

/// <param name="Program">The server's.</param>
/// <param name="Quick">Smaller sizes.</param>
/// <param name="Most">VMs that a cloud grows to at most, where fewer than the aims speak of will do; null for as many as they do.</param>
internal sealed record BenchContext(string Program, bool Quick, int? Most = null)
{
    public int Size(int full, int quick) => Quick ? quick : full;
}
