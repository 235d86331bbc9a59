using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>Where a database is, and how it is opened. Thread-safe.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>How long one statement may take before its connection is given up.</summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(15);

    private const int Readers = 4;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly SemaphoreSlim _probing = new(1, 1);
    private NpgsqlDataSource? _pool;
    private bool? _pooled;

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
        _settings.Enlist = false;
        _settings.CommandTimeout = (int)StatementTimeout.TotalSeconds;
        _settings.CancellationTimeout = 2_000;
        _settings.KeepAlive = 0;
        _settings.TcpKeepAlive = true;
    }

    /// <summary>A name for logs and errors, without credentials.</summary>
    public string Name { get; }

    public SchemaName Schema { get; }

    /// <summary>A connection string of the same database, for code that wants to open connections itself.</summary>
    public string ConnectionString => _settings.ConnectionString;

    /// <summary>A connection of the pool of readers.</summary>
    public async ValueTask<NpgsqlConnection> OpenPooledAsync(CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        return await _pool!.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A connection of the caller's own, in no pool.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken).ConfigureAwait(false);
        var connection = new NpgsqlConnection(Settings(pooling: false).ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A source of connections in no pool, once a connection was opened.</summary>
    public NpgsqlDataSource CreateSource() => NpgsqlDataSource.Create(Settings(pooling: false));

    /// <summary>A statement in which <c>~table</c> stands for a table of Carrick's.</summary>
    public string Sql(string text) => Schema.Sql(text);

    /// <summary>Whether the server at the other end is reached through a pooler, which gives every transaction another session. Known once a connection was opened.</summary>
    public bool IsBehindPooler => _pooled == true;

    public async ValueTask DisposeAsync()
    {
        if (_pool is { } pool)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }

        _probing.Dispose();
    }

    // A pooler answers with a process id of its own; the server knows its real one.
    private async ValueTask ProbeAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _pool) is not null)
        {
            return;
        }

        await _probing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_pool is not null)
            {
                return;
            }

            var plain = new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Pooling = false, NoResetOnClose = true, MaxAutoPrepare = 0 };
            await using var connection = new NpgsqlConnection(plain.ConnectionString);
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var command = new NpgsqlCommand("SELECT pg_backend_pid()", connection);
            _pooled = (int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! != connection.ProcessID;
            Volatile.Write(ref _pool, NpgsqlDataSource.Create(Settings(pooling: true)));
        }
        finally
        {
            _probing.Release();
        }
    }

    private NpgsqlConnectionStringBuilder Settings(bool pooling)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
        {
            Pooling = pooling,
            // Prepared statements and the state of a session are lost from one transaction to the next behind a pooler.
            MaxAutoPrepare = IsBehindPooler ? 0 : 128,
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

        return settings;
    }
}
