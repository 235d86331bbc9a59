namespace Carrick.Postgres;

/// <summary>How Carrick uses PostgreSQL.</summary>
public sealed class PostgresOptions
{
    /// <summary>The schema that holds Carrick's tables; it is made if it is missing. 1 to 48 lower-case letters, digits and underscores.</summary>
    /// <value>Default <c>carrick</c>.</value>
    public string Schema { get; set; } = "carrick";

    /// <summary>How many handlers run at once, each on a connection of its own.</summary>
    /// <value>1 to 64; default 8.</value>
    public int HandlerSessions { get; set; } = 8;
}
