using Microsoft.Extensions.Logging;

namespace Carrick.Commit;

internal sealed partial class CommitQueue
{
    [LoggerMessage(1000, LogLevel.Error, "The store cannot write ({Failure}): {Problem} New events are refused until it can; ended deliveries are kept.")]
    private partial void LogCannotWrite(Exception exception, StoreFailure failure, string problem);

    [LoggerMessage(1001, LogLevel.Information, "The store can write again.")]
    private partial void LogRecovered();

    [LoggerMessage(1002, LogLevel.Critical, "The store has failed: {Problem} The engine stops; restart it to recover from the last commit.")]
    private partial void LogFailed(Exception exception, string problem);

    [LoggerMessage(1003, LogLevel.Warning, "Maintenance of the store is put off: {Problem}")]
    private partial void LogMaintenancePutOff(Exception exception, string problem);

    [LoggerMessage(1004, LogLevel.Error, "The outcome of a commit is unknown: {Problem} New events are refused until the store tells.")]
    private partial void LogInDoubt(Exception exception, string problem);

    [LoggerMessage(1005, LogLevel.Information, "The outcome of the commit is known: durable {Durable}.")]
    private partial void LogSettled(bool durable);

    [LoggerMessage(1006, LogLevel.Error, "The database refuses {Command} for its data: {Problem} It fails alone; all others are written.")]
    private partial void LogRefused(Exception exception, string command, string problem);

    [LoggerMessage(1007, LogLevel.Error, "The end of a delivery is recorded without its texts, because the database refuses them: {Problem}")]
    private partial void LogReduced(Exception exception, string problem);
}
