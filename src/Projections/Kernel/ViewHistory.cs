namespace IaaS.Projections.Kernel;

/// <summary>
/// Which past versions of rows are kept. At each boundary, a multiple of <see cref="Granularity"/>, the state of every view is known
/// exactly: by rows that began at or before it and stand, and by kept versions around it. What lies between two boundaries is folded
/// from the events between them, when somebody asks. So a row that changes with every event costs one kept version a boundary, and a
/// row that lives between two costs none. The rule looks at one row and one event only: however events are cut into batches, the same
/// is kept.
/// </summary>
internal static class ViewHistory
{
    /// <summary>Positions between two boundaries; also the most events that a question about the past folds.</summary>
    public const int Granularity = 4_096;

    /// <summary>The last boundary before a position.</summary>
    public static long BoundaryBefore(long position) => (position - 1) / Granularity * Granularity;

    /// <summary>Whether a boundary lies in a version that an event ends.</summary>
    /// <param name="from">The position that the version began at.</param>
    /// <param name="until">The position of the event.</param>
    public static bool IsKept(long from, long until) => BoundaryBefore(until) >= from;
}
