using Carrick.Handlers;
using Dapper;

namespace Storefront.Handlers;

/// <summary>A customer changed name or address; only the newest counts, so late events are skipped.</summary>
internal static class RememberCustomer
{
    public static Task HandleAsync(StripeEvent<Customer> message, EventContext context, CancellationToken cancellationToken) =>
        context.Connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO customers (Id, Name, Email) VALUES (@Id, @Name, @Email)
            ON CONFLICT (Id) DO UPDATE SET Name = excluded.Name, Email = excluded.Email
            """,
            message.Data.Object,
            context.Transaction,
            cancellationToken: cancellationToken));
}
