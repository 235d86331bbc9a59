using System.Collections.Concurrent;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Tests.Stores;

namespace Carrick.Tests.Engine;

/// <summary>Handlers that share a transaction on PostgreSQL: what one of them does to it, and what others do to their deliveries, is nobody else's fault.</summary>
public sealed class PostgresHandlerTests : IAsyncLifetime
{
    private const int Messages = 40;
    private readonly PostgresTestSchema _schema = new();
    private readonly ConcurrentBag<string> _ran = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _schema.Scalar($"CREATE SCHEMA {_schema.Name}; CREATE TABLE ~effects (message text NOT NULL)");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _schema.Drop();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("SELECT 1 / 0")]
    [InlineData("ROLLBACK")]
    [InlineData("ROLLBACK; BEGIN")]
    [InlineData("COMMIT")]
    [InlineData("COMMIT; BEGIN")]
    public async Task Handler_ThatSpoilsTheTransaction_IsToldSo_AndTheOthersRunAgain(string sql)
    {
        await using var host = await StartAsync(async (context, cancellationToken) =>
        {
            await BookAsync(context, cancellationToken);
            if (Number(context) % 10 == 3)
            {
                await TryAsync(ExecuteAsync(context, sql, cancellationToken));
            }
        });

        await host.WhenCountAsync(DeliveryState.Dead, Messages / 10);
        await host.WhenCountAsync(DeliveryState.Succeeded, Messages - (Messages / 10));
        foreach (var dead in await host.DeliveriesAsync(DeliveryState.Dead))
        {
            var attempts = await host.Store.Queries.ListAttemptsAsync(dead.Id, Token);
            Assert.Contains("handler", Assert.Single(attempts).Error, StringComparison.Ordinal);
        }

        Assert.All(await host.DeliveriesAsync(DeliveryState.Succeeded), delivery => Assert.Equal(1, delivery.Attempts));
        AssertEffects(number => number % 10 != 3);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handlers_ThatSwallowWhateverGoesWrong_KeepTheEffectsOfTheOthersAll()
    {
        await using var host = await StartAsync(async (context, cancellationToken) =>
        {
            await TryAsync(BookAsync(context, cancellationToken));
            if (Number(context) % 10 == 3)
            {
                await TryAsync(ExecuteAsync(context, "SELECT 1 / 0", cancellationToken));
            }
        });

        await host.WhenCountAsync(DeliveryState.Dead, Messages / 10);
        await host.WhenCountAsync(DeliveryState.Succeeded, Messages - (Messages / 10));
        AssertEffects(number => number % 10 != 3);
    }

    [Fact]
    public async Task Handler_ThatThrows_UndoesItsOwnEffectOnly_AndItsMessageIsNotInTheLedger()
    {
        await using var host = await StartAsync(async (context, cancellationToken) =>
        {
            await BookAsync(context, cancellationToken);
            if (Number(context) % 10 == 3)
            {
                throw new InvalidOperationException("as planned");
            }
        });

        await host.WhenCountAsync(DeliveryState.Dead, Messages / 10);
        await host.WhenCountAsync(DeliveryState.Succeeded, Messages - (Messages / 10));
        AssertEffects(number => number % 10 != 3);
        Assert.Equal(Messages, _ran.Count);
        Assert.Equal((long)Messages - (Messages / 10), _schema.Scalar("SELECT count(*) FROM ~processed_events"));
    }

    [Fact]
    public async Task Delivery_ThatAnOperatorDiscardsWhileItsHandlerRuns_LosesItsEffect_AndTheOthersRunAgain()
    {
        var (running, discarded) = (new TaskCompletionSource<RecordId>(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        await using var host = await StartAsync(async (context, cancellationToken) =>
        {
            await BookAsync(context, cancellationToken);
            if (Number(context) == 3)
            {
                running.TrySetResult(context.DeliveryId);
                await discarded.Task.WaitAsync(cancellationToken);
            }
        });
        var waiting = await running.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.True(await host.Operations.DiscardAsync(waiting, new Operator("key_test"), Token));
        discarded.SetResult();

        await host.WhenCountAsync(DeliveryState.Succeeded, Messages - 1);
        await host.WhenAsync(() => Task.FromResult(_ran.Count(message => message == "3") == 1), "one run of what was discarded");
        AssertEffects(number => number != 3);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Stop_WhileOthersAreAnnouncedBehindAHandler_StartsNoneOfThem_AndCountsNoAttempt()
    {
        var (running, number) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        await using (await StartAsync(
            async (context, cancellationToken) =>
            {
                await BookAsync(context, cancellationToken);
                // The first ones show that handlers are fast.
                if (Interlocked.Increment(ref number) > 4)
                {
                    running.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                }
            }))
        {
            await running.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }

        var started = _ran.Count;
        // Four, and one in each of two sessions.
        Assert.InRange(started, 5, 6);
        await using var again = await StartAsync(BookAsync);

        await again.WhenCountAsync(DeliveryState.Succeeded, Messages);
        Assert.All(await again.DeliveriesAsync(DeliveryState.Succeeded), delivery => Assert.Equal(1, delivery.Attempts));
        AssertEffects(_ => true);
    }

    private static int Number(EventContext context) => int.Parse(context.Event.MessageId, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<EngineHost> StartAsync(EventHandlerDelegate handler)
    {
        var host = await EngineHost.StartAsync(
            carrick => carrick.UsePostgres(_schema.ConnectionString, options => (options.Schema, options.HandlerSessions) = (_schema.Name, 2))
                .Configure(options => (options.HandlerLinger, options.ShutdownGrace) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100))),
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing.On("invoice.paid", handler, definition => definition with { Retry = new RetryPolicy { Attempts = 1 } }));
        await Task.WhenAll(Enumerable.Range(0, Messages).Select(number => host.IngestAsync($"{number}")));
        return host;
    }

    private async Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        _ran.Add(context.Event.MessageId);
        await ExecuteAsync(context, $"INSERT INTO {_schema.Name}.effects VALUES ('{context.Event.MessageId}')", cancellationToken);
    }

    // As code does that swallows what goes wrong.
    private static async Task TryAsync(Task running) => await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static async Task ExecuteAsync(EventContext context, string sql, CancellationToken cancellationToken)
    {
        await using var command = context.Connection.CreateCommand();
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void AssertEffects(Func<int, bool> isExpected) => Assert.Equal(
        string.Join(',', Enumerable.Range(0, Messages).Where(isExpected)),
        _schema.Scalar("SELECT string_agg(message, ',' ORDER BY message::int) FROM ~effects"));
}
