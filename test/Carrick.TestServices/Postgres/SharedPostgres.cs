using Carrick.TestServices.Pooling;

namespace Carrick.TestServices.Postgres;

/// <summary>One server for all tests of an assembly, started when the first of them asks for it. As an assembly fixture it stops the server at the end.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    // On a thread of the pool: callers may block, and hold the only thread of a test's own context while they do.
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => Task.Run(() => PostgresServer.StartNewAsync()));

    private static readonly Lazy<Task<PgBouncer>> Pooler = new(() => Task.Run(async () => await PgBouncer.StartNewAsync(await GetAsync())));

    /// <summary>A pooler in transaction mode in front of it.</summary>
    public static Task<PgBouncer> GetPoolerAsync() => Pooler.Value;

    /// <summary>The server.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed.</exception>
    public static Task<PostgresServer> GetAsync() => Server.Value;

    public async ValueTask DisposeAsync()
    {
        if (!Server.IsValueCreated)
        {
            return;
        }

        if (Pooler.IsValueCreated)
        {
            await Task.WhenAny(Pooler.Value);
            if (Pooler.Value.IsCompletedSuccessfully)
            {
                await (await Pooler.Value).DisposeAsync();
            }
        }

        await Task.WhenAny(Server.Value);
        if (Server.Value.IsCompletedSuccessfully)
        {
            await (await Server.Value).DisposeAsync();
        }
    }
}
