using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Carrick.Postgres;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>An open store with two integrations and three consumers, and short ways to make commands.</summary>
public abstract class StoreTest<THarness> : IAsyncLifetime
    where THarness : StoreHarness, new()
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected THarness Harness { get; } = new();

    protected FakeTimeProvider Time { get; } = new(Start);

    protected IStore Store { get; set; } = null!;

    protected StoreOwnership Ownership { get; set; } = null!;

    protected StoreCatalog Catalog { get; set; } = null!;

    private protected RecordIdGenerator Ids { get; set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected int Orders => Catalog.Consumers["billing/orders"].Number;

    protected int Ledger => Catalog.Consumers["billing/ledger"].Number;

    protected int Mail => Catalog.Consumers["crm/mail"].Number;

    public virtual async ValueTask InitializeAsync() => await OpenAsync(Harness.Create(Time));

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task OpenAsync(IStore store)
    {
        Store = store;
        await store.MigrateAsync(Token);
        Ownership = await store.OpenAsync(Token);
        // A shared store gives the ids itself.
        Ids = (store as PostgresStore)?.Ids ?? new RecordIdGenerator(Time, Ownership.IdLow, Ownership.LastIdKey);
        Catalog = await store.RegisterAsync(["billing", "crm"], ["billing/orders", "billing/ledger", "crm/mail"], Token);
    }

    /// <summary>Gives ids and commits, as the engine does.</summary>
    protected async Task CommitAsync(params StoreCommand[] commands)
    {
        foreach (var command in Harness.IsShared ? [] : commands)
        {
            command.AssignIds(Ids);
        }

        await Store.CommitAsync(commands, Token);
    }

    protected NewEvent NewEvent(
        string messageId, string body = "{}", string integration = "billing", string type = "invoice.paid", string? subject = null, params int[] consumers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var content = new IncomingEvent
        {
            Integration = integration,
            Type = type,
            MessageId = messageId,
            Subject = subject,
            ContentType = "application/json",
            Body = bytes,
        };
        return new NewEvent
        {
            Content = content,
            Integration = Catalog.Integrations[integration],
            BodyHash = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(bytes)),
            ReceivedAt = Time.GetUtcNow(),
            Work = [.. consumers.Select(consumer => new NewWork { Consumer = consumer, OrderingKey = subject })],
        };
    }

    protected static IngestCommand Ingest(params NewEvent[] events) => new() { Events = events };

    /// <summary>Stores one event for the consumers and returns its outstanding deliveries.</summary>
    protected async Task<IReadOnlyList<WorkItem>> SeedAsync(string messageId, params int[] consumers)
    {
        var item = NewEvent(messageId, consumers: consumers);
        await CommitAsync(Ingest(item));
        return ItemsOf(item);
    }

    protected static IReadOnlyList<WorkItem> ItemsOf(NewEvent item) =>
        [.. item.Work.Select(work => new WorkItem { Id = work.Id, Consumer = work.Consumer, EventId = item.Id, OrderingKey = work.OrderingKey })];

    protected AttemptRecord Attempt(int number, FailureCategory category = FailureCategory.None, string? error = null) => new()
    {
        Number = number,
        StartedAt = Time.GetUtcNow(),
        Duration = TimeSpan.FromMicroseconds(1_500),
        Category = category,
        Error = error,
    };

    protected CompleteCommand Complete(WorkItem item, DeliveryOutcome outcome = DeliveryOutcome.Succeeded) =>
        new() { Item = item, At = Time.GetUtcNow(), Outcome = outcome, Attempt = Attempt(1) };

    protected RetryCommand Retry(WorkItem item, DateTimeOffset due, int attempts = 1, DateTimeOffset? gate = null) => new()
    {
        Item = item,
        At = Time.GetUtcNow(),
        DueAt = due,
        Attempts = attempts,
        Failures = attempts,
        GateUntil = gate,
        Attempt = Attempt(attempts, FailureCategory.Transient, "connection refused") with { NextDueAt = due },
    };

    protected DeadLetterCommand GiveUp(WorkItem item, FailureCategory category = FailureCategory.Permanent) =>
        new() { Item = item, At = Time.GetUtcNow(), Category = category, Reason = "400 Bad Request", Attempt = Attempt(1, category, "400") };

    protected async Task<IReadOnlyList<WorkItem>> ReadyAsync(int consumer) =>
        await Store.Work.ReadReadyAsync(consumer, RecordId.None, 1_000, Token);

    protected async Task<ConsumerDepth> DepthAsync(int consumer) =>
        (await Store.Work.CountAsync(Token)).GetValueOrDefault(consumer);
}
