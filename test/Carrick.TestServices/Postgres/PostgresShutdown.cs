namespace Carrick.TestServices.Postgres;

/// <summary>How a server is stopped.</summary>
public enum PostgresShutdown
{
    /// <summary>Open transactions are undone, everything is written.</summary>
    Fast,

    /// <summary>At once; the next start recovers, as after a crash.</summary>
    Immediate,
}
