using Carrick.Handlers;
using Microsoft.EntityFrameworkCore;

namespace Storefront.Orders;

/// <summary>The shop's own database. Carrick keeps its ledger and outbox in the same file, so that one transaction holds both.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    public DbSet<Refund> Refunds => Set<Refund>();

    public DbSet<Person> Customers => Set<Person>();

    public DbSet<Parcel> Parcels => Set<Parcel>();

    public static void Configure(DbContextOptionsBuilder options, string connectionString) => options.UseSqlite(connectionString);

    /// <summary>A context on the handler's connection, inside its transaction. Dispose it; the connection stays open.</summary>
    public static ShopContext In(EventContext context)
    {
        var shop = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite(context.Connection).Options);
        shop.Database.UseTransaction(context.Transaction);
        return shop;
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>(order =>
        {
            order.ToTable("orders");
            order.HasIndex(row => row.Payment);
        });
        modelBuilder.Entity<Refund>().ToTable("refunds");
        modelBuilder.Entity<Person>().ToTable("customers");
        modelBuilder.Entity<Parcel>().ToTable("parcels").HasKey(parcel => parcel.Order);
    }
}
