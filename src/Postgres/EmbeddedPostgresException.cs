namespace IaaS.Postgres;

/// <summary>The embedded PostgreSQL cannot run here. The message is for the operator: what is wrong and what to do about it.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    public EmbeddedPostgresException() { }

    public EmbeddedPostgresException(string message) : base(message) { }

    public EmbeddedPostgresException(string message, Exception innerException) : base(message, innerException) { }
}
