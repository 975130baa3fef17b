using Npgsql;

namespace IaaS.Api.Kernel;

/// <summary>The projector writes the same few statements all the time. Over connections of its own they are planned once.</summary>
internal static class ProjectorDatabase
{
    /// <summary>Under which it is found among the services.</summary>
    public const string Key = "projector";

    public static NpgsqlDataSource Open(string connection) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection)
    {
        ApplicationName = "iaas-projector",
        MaxPoolSize = 2,
        MaxAutoPrepare = 200,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
        // A batch of rows. What does not fit is sent by way of other threads, where it waits for the processor.
        WriteBufferSize = 2 << 20,
        // Plans are kept from when the tables were small; they must not be ones that read all of a table.
        Options = "-c enable_seqscan=off",
    });
}
