using System.Globalization;

namespace Carrick.TestServices.Postgres;

/// <summary>The settings of a test's server: durable, and reachable from this machine only.</summary>
internal static class PostgresSettings
{
    public static IEnumerable<string> Arguments(string socketFolder, int port) => Of(socketFolder, port).SelectMany(setting => new[] { "-c", setting });

    private static string[] Of(string socketFolder, int port) =>
    [
        "listen_addresses=127.0.0.1",
        string.Create(CultureInfo.InvariantCulture, $"port={port}"),
        $"unix_socket_directories={socketFolder}",
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
        "autovacuum=on",
        "max_connections=200",
        "logging_collector=off",
    ];
}
