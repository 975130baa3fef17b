namespace IaaS.Projections.Kernel;

/// <summary>How far one view has come.</summary>
/// <param name="Position">Every event up to it is in the table.</param>
/// <param name="Failure">Why it has stopped; null while it runs.</param>
/// <param name="Stale">The rows are those of an earlier declaration, brought to this one's shape; the past is not known until the view is rebuilt.</param>
public sealed record ViewStatus(string View, int Version, long Position, ViewFailure? Failure, bool Stale = false);

/// <summary>The event that a view could not take. The view stands before it until the program is mended and started again.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="Stream">The event's stream.</param>
/// <param name="Error">Type and message of the exception.</param>
public sealed record ViewFailure(long Position, string Stream, string Error)
{
    public static ViewFailure Of(long position, string stream, Exception cause) => new(position, stream, $"{cause.GetType().Name}: {cause.Message}");
}

/// <summary>The row of a view in <c>read.checkpoint</c>.</summary>
/// <param name="Failure">What stopped it; null while it runs.</param>
/// <param name="Epoch">Counts how often the tables were replaced.</param>
/// <param name="Stale">The tables were made for another declaration and brought to this one's shape; they are to be rebuilt.</param>
public sealed record Checkpoint(string View, int Version, string Fingerprint, long Position, ViewFailure? Failure, long Epoch, bool Stale);
