using System.Text.Json;
using Carrick.Handlers;
using Microsoft.Data.Sqlite;

namespace Carrick.Server.Demo;

/// <summary>
/// The handler's side: a ledger of bookings and a balance per customer, in a database of its own. There is no unique index on the
/// message id: a message that is handled twice is booked twice, and the account shows it.
/// </summary>
internal sealed class Bookings(string file, DemoProgress progress)
{
    public string ConnectionString { get; } = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();

    public async Task CreateTablesAsync(CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = """
            CREATE TABLE bookings (id INTEGER PRIMARY KEY, integration TEXT NOT NULL, message_id TEXT NOT NULL, account TEXT NOT NULL, amount INTEGER NOT NULL);
            CREATE TABLE balances (account TEXT PRIMARY KEY, bookings INTEGER NOT NULL, total INTEGER NOT NULL) WITHOUT ROWID;
            """;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Books one event: two statements in the transaction that also holds the ledger of Carrick.</summary>
    public async Task HandleAsync(EventContext context, CancellationToken cancellationToken)
    {
        var record = context.Event;
        var (account, amount) = Read(record);
        await context.Transaction.ExecuteAsync(
            $"INSERT INTO bookings (integration, message_id, account, amount) VALUES ({record.Integration}, {record.MessageId}, {account}, {amount})",
            cancellationToken);
        if (context.Attempt == 1 && amount % 100 == 7)
        {
            // Half of the work is done: the row above must not survive this.
            progress.Add(DemoCount.HandlerFailure);
            throw new InvalidOperationException("The balance is locked by another clerk.");
        }

        await context.Transaction.ExecuteAsync(
            $"""
            INSERT INTO balances (account, bookings, total) VALUES ({account}, 1, {amount})
            ON CONFLICT (account) DO UPDATE SET bookings = bookings + 1, total = total + excluded.total
            """,
            cancellationToken);
    }

    /// <summary>Every row of the ledger.</summary>
    public async Task<IReadOnlyList<Booking>> ReadAsync(CancellationToken cancellationToken)
    {
        List<Booking> bookings = [];
        await using var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT integration, message_id, account, amount FROM bookings";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bookings.Add(new Booking(new MessageKey(reader.GetString(0), reader.GetString(1)), reader.GetString(2), reader.GetInt64(3)));
        }

        return bookings;
    }

    /// <summary>The balance of each customer.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ReadBalancesAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> balances = [];
        await using var connection = new SqliteConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT account, total FROM balances";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            balances.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return balances;
    }

    private static (string Account, long Amount) Read(EventRecord record)
    {
        using var body = JsonDocument.Parse(record.Body);
        var root = body.RootElement;
        if (record.Integration == DemoScenario.Code)
        {
            return (root.GetProperty("repository").GetProperty("full_name").GetString()!, root.GetProperty("issue").GetProperty("number").GetInt64());
        }

        var charge = root.GetProperty("data").GetProperty("object");
        return (charge.GetProperty("customer").GetString()!, charge.GetProperty("amount").GetInt64());
    }
}

/// <summary>One row of the ledger.</summary>
/// <param name="Key">The message.</param>
/// <param name="Account">Whose.</param>
/// <param name="Amount">How much.</param>
internal sealed record Booking(MessageKey Key, string Account, long Amount);
