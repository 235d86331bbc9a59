using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Tests.Stores;
using Npgsql;

namespace Carrick.Tests.Engine;

/// <summary>A database that becomes read-only under a running engine, as when a host runs out of disk or fails over, and is writable again later.</summary>
public sealed class PostgresReadOnlyTests : IAsyncLifetime
{
    private readonly PostgresTestSchema _server = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => _server.Name + "_db";

    public ValueTask InitializeAsync()
    {
        _server.Scalar($"CREATE DATABASE {Database}");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _server.Scalar($"DROP DATABASE {Database} WITH (FORCE)");
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Engine_WhileTheDatabaseIsReadOnly_RefusesNewEventsAndGoesOnByItself()
    {
        var text = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = Database }.ConnectionString;
        await using var host = await EngineHost.StartAsync(
            carrick => carrick.UsePostgres(text),
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing
                .AddConsumer(new EndpointDefinition { Name = "billing/orders", Integration = "billing", Url = new Uri("http://127.0.0.1:9/") })
                .On("invoice.paid", async (context, cancellationToken) => await context.Transaction.ExecuteAsync($"SELECT {context.Event.MessageId}", cancellationToken)));
        await host.IngestAsync("before");
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);

        SetReadOnly("on");
        _server.Scalar($"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{Database}'");
        List<string> accepted = ["before"];
        await host.WhenAsync(
            async () =>
            {
                try
                {
                    await host.IngestAsync($"during {accepted.Count}");
                    accepted.Add($"during {accepted.Count}");
                    return false;
                }
                catch (EngineFullException refused)
                {
                    return refused.RetryAfter > TimeSpan.Zero;
                }
            },
            "new events to be refused");
        await host.WhenAsync(() => Task.FromResult(host.Engine.State == EngineState.Degraded && host.Engine.Problem is not null), "readiness to tell");
        // Sessions that were opened meanwhile stay read-only for their life.
        SetReadOnly("off");

        await host.WhenAsync(() => Task.FromResult(host.Engine.State == EngineState.Running), "the engine to go on");
        await host.IngestAsync("after");
        await host.WhenCountAsync(DeliveryState.Succeeded, 2 * (accepted.Count + 1));
        await host.AssertDepthsAsync();
        Assert.Empty(await host.DeliveriesAsync(DeliveryState.Dead));
    }

    private void SetReadOnly(string value) => _server.Scalar($"ALTER DATABASE {Database} SET default_transaction_read_only = {value}; SELECT 1");
}
