using Carrick.Peers;
using Carrick.Peers.Hangfire;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

// Hangfire enqueues and fetches synchronously: without these, requests would wait for the pool to add threads one by one.
ThreadPool.SetMinThreads(128, 128);
var builder = PeerHost.CreateBuilder();
await using var database = NpgsqlDataSource.Create(PeerEnvironment.Postgres + ";Maximum Pool Size=32;Max Auto Prepare=16;Auto Prepare Min Usages=2");
builder.Services.AddSingleton(database);
builder.Services.AddHangfire(hangfire => hangfire
    .SetDataCompatibilityLevel(CompatibilityLevel.Version_180)
    .UseSimpleAssemblyNameTypeSerializer()
    .UseRecommendedSerializerSettings()
    .UsePostgreSqlStorage(
        storage => storage.UseNpgsqlConnection(PeerEnvironment.Postgres + ";Maximum Pool Size=64;Max Auto Prepare=64;Auto Prepare Min Usages=2"),
        new PostgreSqlStorageOptions
        {
            // A job that the same process enqueues wakes a worker; the interval is for the others.
            QueuePollInterval = TimeSpan.FromSeconds(1),
            UseSlidingInvisibilityTimeout = true,
        }));
if (PeerEnvironment.Handles)
{
    builder.Services.AddHangfireServer(server => server.WorkerCount = 20);
}

var app = builder.Build();
var jobs = app.Services.GetRequiredService<IBackgroundJobClientV2>();

// Enqueueing is synchronous, and knows no key.
await PeerHost.RunAsync(app, received =>
{
    jobs.Enqueue<Booking>(booking => booking.BookAsync(received.Id, received.AcceptedAt, received.Body, null!));
    return Task.FromResult(false);
});
