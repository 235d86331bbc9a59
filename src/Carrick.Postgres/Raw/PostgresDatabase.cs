using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>Where a database is, and how it is opened. Thread-safe.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>How long one statement may take before its connection is given up.</summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(15);

    /// <summary>The most connections of the pool of readers.</summary>
    public const int Readers = 4;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private Sources? _sources;
    private bool _pooled;

    /// <exception cref="ArgumentException">The connection string cannot be read, or names no host or database.</exception>
    public PostgresDatabase(string connectionString, SchemaName schema)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        try
        {
            _settings = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // The message of the library may quote a value, and a value may be a password.
            throw new ArgumentException("The connection string is not one of PostgreSQL: 'Host=db;Database=carrick;Username=carrick;Password=...'.", nameof(connectionString));
        }

        if (string.IsNullOrEmpty(_settings.Host) || string.IsNullOrEmpty(_settings.Database))
        {
            throw new ArgumentException("The connection string must name a host and a database: 'Host=db;Database=carrick;Username=carrick;Password=...'.", nameof(connectionString));
        }

        Schema = schema;
        Name = $"{_settings.Host}:{_settings.Port}/{_settings.Database} ({schema.Name})";
        _settings.ApplicationName ??= "carrick";
        _settings.IncludeErrorDetail = false;
        // Whatever the connection string says: a text that one of two encodings cannot hold would be refused in the middle of a commit.
        (_settings.Encoding, _settings.ClientEncoding) = ("UTF8", "UTF8");
        _settings.Enlist = false;
        _settings.CommandTimeout = (int)StatementTimeout.TotalSeconds;
        // Short, because a statement that is given up waits for another connection, which cancels it, before anyone is told.
        _settings.Timeout = (int)ConnectTimeout.TotalSeconds;
        _settings.CancellationTimeout = 2_000;
        _settings.KeepAlive = 0;
        _settings.TcpKeepAlive = true;
    }

    /// <summary>A name for logs and errors, without credentials.</summary>
    public string Name { get; }

    public SchemaName Schema { get; }

    /// <summary>What this node is called, or <see langword="null"/> for the machine and the process.</summary>
    public string? NodeName { get; init; }

    /// <summary>What sessions that change something are called from now on, so that others can end them.</summary>
    public string? SessionName { get; set; }

    /// <summary>A connection of the pool of readers.</summary>
    public async ValueTask<NpgsqlConnection> OpenPooledAsync(CancellationToken cancellationToken)
    {
        var sources = await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await OpenAsync(sources.Pool, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A connection of the caller's own, in no pool.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var sources = await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await NamedAsync(await OpenAsync(sources.Alone, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same, for statements of users: it knows the types of their database.</summary>
    public async ValueTask<NpgsqlConnection> OpenForHandlersAsync(CancellationToken cancellationToken)
    {
        var sources = await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await NamedAsync(await OpenAsync(sources.Handlers, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A source of connections in no pool, for the caller to dispose, once a connection was opened.</summary>
    public NpgsqlDataSource CreateSource() => Source(pooling: false, loadTypes: false);

    /// <summary>A statement in which <c>~table</c> stands for a table of Carrick's.</summary>
    public string Sql(string text) => Schema.Sql(text);

    /// <summary>Whether the server at the other end is reached through a pooler, which gives every transaction another session. Known once a connection was opened.</summary>
    public bool IsBehindPooler => _pooled;

    public async ValueTask DisposeAsync()
    {
        if (_sources is { } sources)
        {
            await sources.Pool.DisposeAsync().ConfigureAwait(false);
            await sources.Alone.DisposeAsync().ConfigureAwait(false);
            await sources.Handlers.DisposeAsync().ConfigureAwait(false);
        }

        _probing.Dispose();
    }

    private async ValueTask<NpgsqlConnection> NamedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (SessionName is null)
        {
            return connection;
        }

        try
        {
            await connection.ScalarAsync("SELECT set_config('application_name', $1, false)", cancellationToken, P.Text(SessionName)).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The driver says most of the time that it failed, but a plain time-out when the first connections of a source wait for one another.
    private static async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            throw new NpgsqlException(error.Message, error);
        }
    }

    // A pooler answers with a process id of its own; the server knows its real one.
    private async ValueTask<Sources> ProbeAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _sources) is { } known)
        {
            return known;
        }

        await _probing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_sources is null)
            {
                // As if behind a pooler until it is known.
                _pooled = true;
                await using var source = CreateSource();
                await using var connection = await OpenAsync(source, cancellationToken).ConfigureAwait(false);
                _pooled = await Requirements.ReadBackendAsync(this, connection, cancellationToken).ConfigureAwait(false) != connection.ProcessID;
                Volatile.Write(ref _sources, new Sources(Source(true, false), Source(false, false), Source(false, true)));
            }

            return _sources;
        }
        finally
        {
            _probing.Release();
        }
    }

    // Our own statements use built-in types only, and reading all others takes longer than a short read does.
    private NpgsqlDataSource Source(bool pooling, bool loadTypes)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
        {
            Pooling = pooling,
            // Prepared statements and the state of a session are lost from one transaction to the next behind a pooler.
            MaxAutoPrepare = _pooled ? 0 : 128,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
        if (pooling)
        {
            settings.MinPoolSize = 0;
            settings.MaxPoolSize = Readers;
            settings.ConnectionIdleLifetime = 10;
            settings.ConnectionPruningInterval = 5;
        }

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(loadTypes));
        return builder.Build();
    }

    private sealed record Sources(NpgsqlDataSource Pool, NpgsqlDataSource Alone, NpgsqlDataSource Handlers);
}
