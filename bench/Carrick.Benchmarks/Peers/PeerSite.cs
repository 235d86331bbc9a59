using System.Globalization;
using Carrick.Benchmarks.Load;
using Carrick.TestServices.Postgres;
using Carrick.TestServices.Redis;
using Npgsql;

namespace Carrick.Benchmarks.Peers;

/// <summary>One peer with servers of its own: PostgreSQL always, for the effects; Redis if its jobs are there.</summary>
internal sealed class PeerSite : IAsyncDisposable
{
    private readonly Peer _peer;
    private readonly PostgresServer _postgres;
    private readonly List<PeerProcess> _processes = [];
    private RedisServer? _redis;

    private PeerSite(Peer peer, PostgresServer postgres) => (_peer, _postgres, Effects) = (peer, postgres, new Effects(postgres.ConnectionString));

    /// <summary>Where the peer receives: a port for each of its servers.</summary>
    public IReadOnlyList<int> Ports { get; private set; } = [];

    public Effects Effects { get; }

    public string Postgres => _postgres.ConnectionString;

    /// <summary>Starts the servers and the peer.</summary>
    public static async Task<PeerSite> StartAsync(Peer peer, PeerRole role)
    {
        var site = new PeerSite(peer, await PostgresServer.StartNewAsync().ConfigureAwait(false));
        try
        {
            site._redis = peer.NeedsRedis ? await RedisServer.StartNewAsync().ConfigureAwait(false) : null;
            await site.Effects.CreateAsync().ConfigureAwait(false);
            await site.RunAsync(role).ConfigureAwait(false);
            return site;
        }
        catch
        {
            await site.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the peer, which must not be running.</summary>
    public async Task RunAsync(PeerRole role)
    {
        var environment = Environment(role);
        for (var i = 0; i < _peer.Servers; i++)
        {
            _processes.Add(await PeerProcess.StartAsync(_peer.Server, environment).ConfigureAwait(false));
        }

        Ports = [.. _processes.Select(process => int.Parse(process.FirstLine, CultureInfo.InvariantCulture))];
        if (role != PeerRole.Ingest && _peer.Worker.Length > 0)
        {
            _processes.Add(await PeerProcess.StartAsync(_peer.Worker, environment).ConfigureAwait(false));
        }
    }

    /// <summary>Stops the peer as an operator would; its data stay.</summary>
    public async Task EndAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            await process.DisposeAsync().ConfigureAwait(false);
        }

        _processes.Clear();
    }

    /// <summary>What the peer's own processes have used since they were started.</summary>
    public ProcessUsage PeerUsage() => ProcessUsage.Of([.. _processes.Select(process => process.Id)]);

    /// <summary>What PostgreSQL, and Redis if it is there, have used since they were started.</summary>
    public async Task<ProcessUsage> DatabaseUsageAsync() =>
        ProcessUsage.Of(_redis is null ? [_postgres.ProcessId] : [_postgres.ProcessId, await _redis.ProcessIdAsync().ConfigureAwait(false)]);

    /// <summary>SIGKILL to all of the peer's processes; the servers go on.</summary>
    public async Task KillAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.KillAsync())).ConfigureAwait(false);
        await EndAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await Effects.DisposeAsync().ConfigureAwait(false);
        if (_redis is not null)
        {
            await _redis.DisposeAsync().ConfigureAwait(false);
        }

        await _postgres.DisposeAsync().ConfigureAwait(false);
    }

    private Dictionary<string, string> Environment(PeerRole role)
    {
        var connection = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString);
        return new Dictionary<string, string>
        {
            ["PEER_POSTGRES"] = _postgres.ConnectionString,
            ["PEER_REDIS_PORT"] = (_redis?.Port ?? 0).ToString(CultureInfo.InvariantCulture),
            ["PEER_ROLE"] = role == PeerRole.Ingest ? "ingest" : "handle",
            ["PEER_ORDERED"] = role == PeerRole.HandleInOrder ? "1" : "0",
            ["PEER_SECRET"] = SignedRequests.Secret,
            ["PGHOST"] = connection.Host!,
            ["PGPORT"] = connection.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = connection.Username!,
            ["PGDATABASE"] = connection.Database!,
            ["NODE_ENV"] = "production",
        };
    }
}

/// <summary>What a peer does with what it takes.</summary>
internal enum PeerRole
{
    /// <summary>It keeps it.</summary>
    Ingest,

    /// <summary>It does it.</summary>
    Handle,

    /// <summary>It does what has the same key one after another, as well as it can.</summary>
    HandleInOrder,
}
