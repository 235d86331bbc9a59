using System.Buffers.Binary;
using System.Security.Cryptography;
using Carrick.Commit;
using Carrick.Operations;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Authentication;

/// <summary>The API keys: makes, revokes and checks them. Thread-safe.</summary>
/// <remarks>
/// Keys are stored as SHA-256. The key in the configuration value <c>CARRICK_ADMIN_KEY</c> (usually an environment variable) has the scope
/// <c>admin</c> and is never stored: without the value it is no longer accepted after a restart. One that can be guessed stops the start: it must have
/// 24 to 512 characters that do not repeat, count up or consist of well-known words.
/// </remarks>
public sealed partial class ApiKeys : IDisposable
{
    /// <summary>The configuration value that holds an admin key.</summary>
    public const string AdminKeySetting = "CARRICK_ADMIN_KEY";

    private static readonly TimeSpan SnapshotAge = TimeSpan.FromSeconds(30);

    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiKeys> _logger;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly byte[]? _configured;
    private ApiKeySnapshot? _snapshot;
    private int _changes;

    internal ApiKeys(IServiceProvider services, IConfiguration configuration, TimeProvider time, ILogger<ApiKeys> logger)
    {
        (_services, _time, _logger) = (services, time, logger);
        if (configuration[AdminKeySetting] is { } key && !string.IsNullOrWhiteSpace(key))
        {
            _configured = ApiKeyFormat.Hash(key.Trim());
        }
    }

    /// <summary>Makes the first admin key, unless one is configured or stored already.</summary>
    /// <returns>The key, to be shown once; <see langword="null"/> if there is one already.</returns>
    /// <exception cref="EngineFullException">The store cannot write now.</exception>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public async ValueTask<string?> EnsureAdminKeyAsync(CancellationToken cancellationToken)
    {
        if (_configured is not null)
        {
            return null;
        }

        var keys = await ListAsync(cancellationToken);
        if (keys.Any(key => key.RevokedAt is null && ApiScope.Covers(key.Scopes, ApiScope.Admin)))
        {
            return null;
        }

        return (await CreateAsync("first admin key", [ApiScope.Admin], new Operator("system"), cancellationToken)).Key;
    }

    /// <summary>Makes and stores a key.</summary>
    /// <param name="name">What it is for; 1 to 100 characters.</param>
    /// <param name="scopes">One or more of <see cref="ApiScope"/>.</param>
    /// <param name="by">Who asks, and why.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <exception cref="ArgumentException">The name or a scope is out of range.</exception>
    /// <exception cref="EngineFullException">The store cannot write now.</exception>
    public async ValueTask<CreatedApiKey> CreateAsync(string name, IReadOnlyList<string> scopes, Operator by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(by);
        if (name is not { Length: >= 1 and <= 100 })
        {
            throw new ArgumentException("The name must have 1 to 100 characters.", nameof(name));
        }

        if (scopes is not { Count: > 0 } || !scopes.All(ApiScope.IsScope))
        {
            throw new ArgumentException("The scopes must be one or more of read, operate and admin.", nameof(scopes));
        }

        var key = ApiKeyFormat.Create();
        var now = _time.GetUtcNow();
        var record = new ApiKeyRecord(NewId(now), name, ApiKeyFormat.Recognise(key), ApiKeyFormat.Hash(key), [.. scopes.Distinct()], now, null);
        var audit = new AuditEntry(now, by.Actor, "key.create", record.Id.ToString(IdPrefix.ApiKey), by.Reason);
        await ChangeAsync(new PutApiKeyCommand { Key = record, Audit = audit }, cancellationToken);
        return new CreatedApiKey(record, key);
    }

    /// <summary>Revokes a key; it is refused from the return of this call on.</summary>
    /// <returns><see langword="false"/> if it is unknown or was revoked before.</returns>
    /// <exception cref="EngineFullException">The store cannot write now.</exception>
    public async ValueTask<bool> RevokeAsync(RecordId id, Operator by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(by);
        var now = _time.GetUtcNow();
        var audit = new AuditEntry(now, by.Actor, "key.revoke", id.ToString(IdPrefix.ApiKey), by.Reason);
        var command = new RevokeApiKeyCommand { Id = id, At = now, Audit = audit };
        await ChangeAsync(command, cancellationToken);
        return command.Applied;
    }

    /// <summary>All keys, revoked ones too; never the keys themselves.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListAsync(CancellationToken cancellationToken) =>
        Store.Queries.ListApiKeysAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();

    internal async ValueTask<ApiKeyVerdict> CheckAsync(string key, CancellationToken cancellationToken)
    {
        var hash = ApiKeyFormat.Hash(key);
        if (_configured is not null && CryptographicOperations.FixedTimeEquals(_configured, hash))
        {
            return new ApiKeyVerdict(new ApiCaller("environment", [ApiScope.Admin]), null);
        }

        if (!ApiKeyFormat.IsWellFormed(key))
        {
            return ApiKeyVerdict.Refused("malformed");
        }

        var record = (await ReadSnapshotAsync(cancellationToken)).Find(hash);
        return record switch
        {
            null => ApiKeyVerdict.Refused("unknown"),
            { RevokedAt: not null } => ApiKeyVerdict.Refused("revoked"),
            _ => new ApiKeyVerdict(new ApiCaller($"{record.Id.ToString(IdPrefix.ApiKey)} {record.Name}", record.Scopes), null),
        };
    }

    // The engine and its store are resolved at first use: their construction may need services that need this one.
    private ICommitQueue Commits => _services.GetRequiredService<ICommitQueue>();

    private IStore Store => _services.GetRequiredService<IStore>();

    /// <summary>A caller that waits no longer has changed the keys all the same: what is known of them is read again.</summary>
    private Task ChangeAsync(StoreCommand command, CancellationToken cancellationToken)
    {
        return ChangeAsync().WaitAsync(cancellationToken);

        async Task ChangeAsync()
        {
            await Commits.SubmitAsync(command, CancellationToken.None);
            Interlocked.Increment(ref _changes);
        }
    }

    private static RecordId NewId(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        return new RecordId(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}
