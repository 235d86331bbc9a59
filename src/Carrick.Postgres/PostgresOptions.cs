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

    /// <summary>What this node is called, in <c>GET /v1/nodes</c> and nowhere else: two nodes may have one name.</summary>
    /// <value>1 to 100 characters; default <see langword="null"/>: the machine's name and the process id.</value>
    public string? NodeName { get; set; }
}
