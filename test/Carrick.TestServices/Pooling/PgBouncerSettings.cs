using System.Globalization;

namespace Carrick.TestServices.Pooling;

/// <summary>The configuration of a test's pooler.</summary>
internal static class PgBouncerSettings
{
    // After a restart of the server the pooler tries again at once instead of after 15 seconds.
    public static string Ini(int serverPort, int port, string users) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        [databases]
        * = host=127.0.0.1 port={serverPort}

        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = trust
        auth_file = {users}
        pool_mode = transaction
        default_pool_size = 20
        max_client_conn = 200
        server_login_retry = 0.1
        ignore_startup_parameters = extra_float_digits

        """);
}
