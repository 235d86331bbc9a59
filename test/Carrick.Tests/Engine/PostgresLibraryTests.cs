using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Tests.Stores;
using Dapper;
using Microsoft.EntityFrameworkCore;

namespace Carrick.Tests.Engine;

/// <summary>Handlers on PostgreSQL that use EF Core and Dapper, which send savepoints and statements of their own in the transaction.</summary>
public sealed class PostgresLibraryTests : IAsyncLifetime
{
    private const int Messages = 30;
    private readonly PostgresTestSchema _schema = new();

    public ValueTask InitializeAsync()
    {
        _schema.Scalar($"CREATE SCHEMA {_schema.Name}; CREATE TABLE ~orders (id text PRIMARY KEY, lines integer NOT NULL); CREATE TABLE ~lines (order_id text REFERENCES ~orders, number integer)");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _schema.Drop();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Handlers_ThatUseEfCoreAndDapper_BookOnceInTheTransactionOfTheDelivery()
    {
        await using var host = await EngineHost.StartAsync(
            carrick => carrick.UsePostgres(_schema.ConnectionString, options => options.Schema = _schema.Name),
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing
                .On("order.placed", PlaceAsync, definition => definition with { Retry = new RetryPolicy { Attempts = 2, Base = TimeSpan.FromMilliseconds(10) } })
                .On("order.packed", PackAsync));
        await Task.WhenAll(Enumerable.Range(0, Messages).Select(number => host.IngestAsync($"order-{number}", "order.placed")));
        await host.WhenCountAsync(DeliveryState.Succeeded, Messages);
        await Task.WhenAll(Enumerable.Range(0, Messages).Select(number => host.IngestAsync($"order-{number}-packed", "order.packed", subject: $"order-{number}")));
        await host.WhenCountAsync(DeliveryState.Succeeded, 2 * Messages);

        Assert.Equal((long)Messages, _schema.Scalar("SELECT count(*) FROM ~orders WHERE lines = 2"));
        Assert.Equal(2L * Messages, _schema.Scalar("SELECT count(*) FROM ~lines"));
        Assert.Equal(2L * Messages, _schema.Scalar("SELECT count(*) FROM ~processed_events"));
    }

    /// <summary>With an update that fails in the first attempt of every third order, and that EF Core undoes to its own savepoint.</summary>
    private async Task PlaceAsync(EventContext context, CancellationToken cancellationToken)
    {
        await using var shop = new Shop(_schema.Name, context);
        shop.Orders.Add(new Order { Id = context.Event.MessageId });
        await shop.SaveChangesAsync(cancellationToken);
        var fails = context.Attempt == 1 && context.Event.MessageId.EndsWith('3');
        shop.Lines.Add(new Line { OrderId = context.Event.MessageId, Number = 1 });
        shop.Lines.Add(new Line { OrderId = fails ? "unknown" : context.Event.MessageId, Number = 2 });
        await shop.SaveChangesAsync(cancellationToken);
    }

    private async Task PackAsync(EventContext context, CancellationToken cancellationToken)
    {
        var lines = await context.Connection.ExecuteScalarAsync<int>(new CommandDefinition(
            $"SELECT count(*) FROM {_schema.Name}.lines WHERE order_id = @id", new { id = context.Event.Subject }, context.Transaction, cancellationToken: cancellationToken));
        await context.Connection.ExecuteAsync(new CommandDefinition(
            $"UPDATE {_schema.Name}.orders SET lines = @lines WHERE id = @id", new { id = context.Event.Subject, lines }, context.Transaction, cancellationToken: cancellationToken));
    }

    private sealed class Shop(string schema, EventContext context) : DbContext
    {
        public DbSet<Order> Orders => Set<Order>();

        public DbSet<Line> Lines => Set<Line>();

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseNpgsql(context.Connection);

        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Order>(order =>
            {
                order.ToTable("orders", schema);
                order.Property(row => row.Id).HasColumnName("id");
                order.Property(row => row.Lines).HasColumnName("lines");
            });
            modelBuilder.Entity<Line>(line =>
            {
                line.ToTable("lines", schema).HasKey(row => new { row.OrderId, row.Number });
                line.Property(row => row.OrderId).HasColumnName("order_id");
                line.Property(row => row.Number).HasColumnName("number");
            });
        }

        public override async Task<int> SaveChangesAsync(CancellationToken cancellationToken = default)
        {
            if (Database.CurrentTransaction is null)
            {
                await Database.UseTransactionAsync(context.Transaction, cancellationToken);
            }

            return await base.SaveChangesAsync(cancellationToken);
        }
    }

    private sealed class Order
    {
        public required string Id { get; init; }

        public int Lines { get; init; }
    }

    private sealed class Line
    {
        public required string OrderId { get; init; }

        public required int Number { get; init; }
    }
}
