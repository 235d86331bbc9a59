using Microsoft.Extensions.Logging;

namespace Carrick.Sqlite;

internal sealed partial class SqliteStore
{
    private static partial class Log
    {
        [LoggerMessage(2000, LogLevel.Information, "Store {Store}: ran migration {Migration}.")]
        public static partial void Migrated(ILogger logger, string store, string migration);

        [LoggerMessage(2001, LogLevel.Information, "Store {Store} is open with epoch {Epoch}; unclean starts in a row: {UncleanStarts}.")]
        public static partial void Opened(ILogger logger, string store, long epoch, int uncleanStarts);

        [LoggerMessage(2002, LogLevel.Information, "Store {Store} is closed.")]
        public static partial void Closed(ILogger logger, string store);
    }
}
