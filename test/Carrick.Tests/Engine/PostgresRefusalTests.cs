using System.Globalization;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Storage;
using Carrick.Tests.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Engine;

/// <summary>An engine on a PostgreSQL that refuses a step of its commits with some SQLSTATE for a while: it goes on by itself, and nothing that was answered is lost.</summary>
public sealed class PostgresRefusalTests : IAsyncLifetime
{
    private readonly PostgresTestSchema _schema = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A code of each class, at each kind of statement of a commit.</summary>
    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        string[] states = ["0A000", "22P05", "23514", "25006", "40001", "42501", "42P01", "53100", "54000", "55P03", "57014", "58030", "P0001", "XX000"];
        string[] steps = ["INSERT event_keys", "INSERT events", "INSERT work", "DELETE work", "INSERT outcomes", "INSERT attempts", "COMMIT event_keys", "COMMIT outcomes"];
        for (var i = 0; i < states.Length; i++)
        {
            // Each class at two steps, each step with three classes or more: all pairs would take minutes.
            cases.Add(states[i], steps[i % steps.Length]);
            cases.Add(states[i], steps[(i + 3) % steps.Length]);
        }

        return cases;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _schema.Drop();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Commit_RefusedAtAStepForAWhile_EndsNothingAndGoesOn(string sqlState, string step)
    {
        await using var host = await StartAsync(_ => { });
        await host.IngestAsync("before");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Plant(sqlState, step);
        List<string> accepted = ["before"];
        for (var i = 0; i < 5; i++)
        {
            try
            {
                await host.IngestAsync($"during {i}");
                accepted.Add($"during {i}");
            }
            catch (EngineFullException)
            {
                // As it should be told: come back later.
            }
            catch (StoreException refused)
            {
                Assert.Equal(StoreFailure.Data, refused.Failure);
            }
        }

        Assert.NotEqual(EngineState.Stopped, host.Engine.State);
        Uproot(step);
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the engine to be ready");
        await host.IngestAsync("after");
        accepted.Add("after");

        await host.WhenCountAsync(DeliveryState.Succeeded, accepted.Count);
        await host.AssertDepthsAsync();
        foreach (var id in accepted)
        {
            Assert.True((await host.IngestAsync(id)).Duplicate);
        }
    }

    [Fact]
    public async Task Commit_OneEventOfManyIsRefusedForItsData_FailsAloneAndNeverComesAgain()
    {
        await using (var host = await StartAsync(_ => { }))
        {
            await host.IngestAsync("before");
            Plant("22P05", "INSERT events", "NEW.subject = 'bad'");

            var all = Enumerable.Range(0, 60).Select(i => host.IngestAsync($"m{i}", subject: i % 20 == 7 ? "bad" : "good")).ToList();
            await Task.WhenAll(all.Select(one => Record.ExceptionAsync(() => one).AsTask()));

            Assert.Equal(
                [7, 27, 47],
                all.Index().Where(one => one.Item.Exception?.InnerException is StoreException { Failure: StoreFailure.Data }).Select(one => one.Index));
            Assert.Equal(57, all.Count(one => one.IsCompletedSuccessfully));
            Assert.Null(host.Engine.Problem);
        }

        await using var again = await StartAsync(_ => { });
        await again.WhenCountAsync(DeliveryState.Succeeded, 58);
        Assert.Null(again.Engine.Problem);
    }

    [Fact]
    public async Task Commit_RefusedWithAMessageThatQuotesTheValue_LeavesTheValueInNoLogAndNoError()
    {
        var log = new Receiving.LogRecorder();
        await using var host = await StartAsync(_ => { }, carrick => carrick.Services.AddLogging(logging => logging.AddProvider(log)));
        Plant("22P02", "INSERT events", message: "NEW.subject");

        var refused = await Assert.ThrowsAsync<StoreException>(() => host.IngestAsync("m1", subject: "canary-of-a-payload"));

        Assert.Equal(StoreFailure.Data, refused.Failure);
        Assert.Contains("22P02", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.Id.Id == 1006 && line.Text.Contains("integration 'billing'", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Text.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publish_ByAHandlerWithASubjectOfAnyLength_IsRefusedThereAndStopsNothing()
    {
        await using var host = await StartAsync(billing => billing.On(
            "invoice.paid",
            (context, _) =>
            {
                context.Publish("order.paid", new byte[] { 1 }, "text/plain", subject: new string('s', context.Event.MessageId == "long" ? 20_000 : 255));
                return Task.CompletedTask;
            },
            handler => handler with { Name = "billing/publisher", Retry = new() { Attempts = 1 } }));

        await host.IngestAsync("long");
        await host.IngestAsync("short");

        await host.WhenAsync(async () => (await host.DeliveriesAsync(DeliveryState.Dead)).Count == 1, "one dead letter");
        await host.WhenAsync(async () => (await host.Store.Queries.ListEventsAsync(new(Type: "order.paid"), null, 10, Token)).Count == 1, "the published event");
        Assert.Null(host.Engine.Problem);
    }

    [Fact]
    public async Task Partition_TakenAwayByAnOperator_IsMadeAgainAndNoEventIsRefused()
    {
        await using var host = await StartAsync(_ => { });
        await host.IngestAsync("before");
        _schema.Scalar(
            $"DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = '{_schema.Name}.events'::regclass LIMIT 1); END $$");

        await host.WhenAsync(
            async () =>
            {
                try
                {
                    await host.IngestAsync("after");
                    return true;
                }
                catch (EngineFullException)
                {
                    return false;
                }
            },
            "an event to be stored again");
    }

    [Theory]
    [InlineData("TABLE ~nodes", "nodes")]
    [InlineData("TABLE ~event_keys", "event_keys")]
    [InlineData("TABLE ~work", "work")]
    [InlineData("SEQUENCE ~ids", "ids")]
    public async Task Commit_WhoseFirstStatementsFailForAWhile_EndsNothingAndGoesOn(string thing, string name)
    {
        await using var host = await StartAsync(_ => { });
        await host.IngestAsync("before");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        _schema.Scalar($"ALTER {thing} RENAME TO {name}_away");

        await Assert.ThrowsAsync<EngineFullException>(() => host.IngestAsync("during"));

        Assert.NotEqual(EngineState.Stopped, host.Engine.State);
        _schema.Scalar($"ALTER {thing}_away RENAME TO {name}");
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the engine to be ready");
        await host.IngestAsync("after");
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
    }

    private Task<EngineHost> StartAsync(Action<IntegrationBuilder> configure, Action<CarrickBuilder>? carrickToo = null) => EngineHost.StartAsync(
        carrick => carrick.UsePostgres(_schema.ConnectionString, options => options.Schema = _schema.Name),
        ScriptedSender.Always(AttemptResult.Success(200)),
        billing =>
        {
            billing.AddConsumer(new Integrations.EndpointDefinition { Name = "billing/orders", Integration = "billing", Url = new Uri("http://127.0.0.1:9/"), Types = new(["invoice.*"]) });
            configure(billing);
        },
        carrickToo);

    private void Plant(string sqlState, string step, string when = "true", string message = "'planted'")
    {
        var (verb, table) = (step.Split(' ')[0], step.Split(' ')[1]);
        var row = verb == "DELETE" ? "OLD" : "NEW";
        _schema.Scalar(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            CREATE OR REPLACE FUNCTION ~planted() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                IF {when} THEN RAISE EXCEPTION USING ERRCODE = '{sqlState}', MESSAGE = {message}; END IF;
                RETURN {row};
            END $body$;
            CREATE {(verb == "COMMIT" ? "CONSTRAINT TRIGGER" : "TRIGGER")} planted {(verb == "COMMIT" ? "AFTER INSERT" : $"BEFORE {verb}")} ON ~{table}
            {(verb == "COMMIT" ? "DEFERRABLE INITIALLY DEFERRED" : "")} FOR EACH ROW EXECUTE FUNCTION ~planted()
            """));
    }

    // Behind whatever transaction holds the table.
    private void Uproot(string step) => _schema.Scalar($"DROP TRIGGER planted ON ~{step.Split(' ')[1]}");
}
