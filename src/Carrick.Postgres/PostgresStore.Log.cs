using Microsoft.Extensions.Logging;

namespace Carrick.Postgres;

internal sealed partial class PostgresStore
{
    private static partial class Log
    {
        [LoggerMessage(2100, LogLevel.Information, "The schema of {Store} ran the migration {Migration}.")]
        public static partial void Migrated(ILogger logger, string store, string migration);

        [LoggerMessage(2101, LogLevel.Information, "{Store} is open: node {Node}, {Shards} of 64 shards, unclean starts in a row {UncleanStarts}.")]
        public static partial void Opened(ILogger logger, string store, long node, int shards, int uncleanStarts);

        [LoggerMessage(2104, LogLevel.Warning, "{Store} was not told that this node ended without a crash; after the next start deliveries may run one at a time for a minute.")]
        public static partial void NotCounted(ILogger logger, Exception exception, string store);

        [LoggerMessage(2105, LogLevel.Error, "{Store}: the lease of this node could not be renewed for a reason that is not the database's; it is tried again. Please report it.")]
        public static partial void NotRenewed(ILogger logger, Exception exception, string store);

        [LoggerMessage(2102, LogLevel.Information, "{Store} is closed.")]
        public static partial void Closed(ILogger logger, string store);

        [LoggerMessage(2103, LogLevel.Warning, "{Store}: the server runs with {Setting} = off. What was acknowledged can be lost when it loses power.")]
        public static partial void Unsafe(ILogger logger, string store, string setting);
    }
}
