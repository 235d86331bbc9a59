namespace Carrick.Peers;

/// <summary>What the benchmark tells a peer.</summary>
public static class PeerEnvironment
{
    /// <summary>The connection string of the database that holds the peer's tables and the effects.</summary>
    public static string Postgres => Required("PEER_POSTGRES");

    /// <summary>The secret of the signatures, with its prefix.</summary>
    public static string Secret => Required("PEER_SECRET");

    /// <summary>Whether the peer does what it takes, or only keeps it.</summary>
    public static bool Handles => Required("PEER_ROLE") == "handle";

    /// <summary>The port to listen on; 0 for any.</summary>
    public static int Port => int.Parse(Environment.GetEnvironmentVariable("PEER_PORT") ?? "0", System.Globalization.CultureInfo.InvariantCulture);

    private static string Required(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set: the benchmark sets it.");
}
