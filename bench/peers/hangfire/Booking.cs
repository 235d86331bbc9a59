using Hangfire;
using Hangfire.Server;
using Npgsql;

namespace Carrick.Peers.Hangfire;

/// <summary>The job: one INSERT. Created by Hangfire, which is why it is public.</summary>
[AutomaticRetry(Attempts = 5, DelaysInSeconds = [0])]
public sealed class Booking(NpgsqlDataSource database)
{
    public Task BookAsync(string id, double acceptedAt, string body, PerformContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Effects.BookAsync(database, new PeerEvent(id, acceptedAt, body), context.GetJobParameter<int>("RetryCount") + 1);
    }
}
