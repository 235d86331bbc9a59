using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>A commit that is longer than the driver's buffer is written and answered at the same time; its session ends at any moment of that.</summary>
public sealed class PostgresLostSessionTests : IAsyncLifetime
{
    private const int Commits = 150;
    private const int EventsOfACommit = 60;
    private readonly PostgresTestSchema _schema = new();
    private FaultProxy _network = null!;
    private PostgresStore _store = null!;
    private StoreCatalog _catalog = null!;
    private RecordIdGenerator _ids = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _network = new FaultProxy(_schema.Server.Port, seed: 1);
        var connection = new NpgsqlConnectionStringBuilder(_schema.ConnectionString) { Port = _network.Port }.ConnectionString;
        _store = new PostgresStore(new PostgresDatabase(connection, new SchemaName(_schema.Name)), TimeProvider.System, NullLogger.Instance);
        await _store.MigrateAsync(Token);
        var ownership = await _store.OpenAsync(Token);
        _ids = new RecordIdGenerator(TimeProvider.System, ownership.IdLow, ownership.LastIdKey);
        _catalog = await _store.RegisterAsync(["billing"], ["billing/orders"], Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _network.DisposeAsync();
        _schema.Drop();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_WhoseSessionEndsAtAnyMoment_FailsAsALostConnection_AndTheNextGoesOn(bool byTheServer)
    {
        var random = new Random(1);
        var (lost, durable) = (0, 0);
        for (var i = 0; i < Commits; i++)
        {
            var ending = EndAsync(byTheServer, random.NextDouble() * 8);
            try
            {
                await CommitAsync(i);
                durable++;
            }
            catch (StoreException failure)
            {
                Assert.True(failure.Failure is StoreFailure.Transient or StoreFailure.Unknown, failure.ToString());
                lost++;
                durable += failure.Failure == StoreFailure.Unknown && await SettleAsync() ? 1 : 0;
            }

            await ending;
        }

        Assert.NotEqual(0, lost);
        Assert.Equal((long)durable * EventsOfACommit, _schema.Scalar("SELECT count(*) FROM ~events"));
    }

    private async Task CommitAsync(int number)
    {
        var command = new IngestCommand { Events = [.. Enumerable.Range(0, EventsOfACommit).Select(each => NewEvent($"{number}-{each}"))] };
        command.AssignIds(_ids);
        await _store.CommitAsync([command], Token);
    }

    private async Task<bool> SettleAsync()
    {
        while (true)
        {
            try
            {
                return await _store.SettleAsync(Token);
            }
            catch (StoreException failure) when (failure.Failure == StoreFailure.Transient)
            {
                await Task.Delay(5, Token);
            }
        }
    }

    private async Task EndAsync(bool byTheServer, double milliseconds)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Token);
        if (byTheServer)
        {
            _schema.Scalar("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%" + _schema.Name + "%'");
        }
        else
        {
            _network.Reset();
        }
    }

    private NewEvent NewEvent(string message) => new()
    {
        Content = new IncomingEvent { Integration = "billing", Type = "invoice.paid", MessageId = message, Body = new byte[4_000] },
        Integration = _catalog.Integrations["billing"],
        BodyHash = 1,
        ReceivedAt = TimeProvider.System.GetUtcNow(),
        Work = [new NewWork { Consumer = _catalog.Consumers["billing/orders"].Number }],
    };
}
