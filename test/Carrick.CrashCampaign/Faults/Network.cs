using Carrick.TestServices.Faults;
using Npgsql;

namespace Carrick.CrashCampaign.Faults;

/// <summary>What lies between one victim and what it uses: PostgreSQL and the receivers. It fails by a seeded schedule when it is told to.</summary>
internal sealed class Network : IAsyncDisposable
{
    // Of the commits while the link to the database is disturbed.
    private const int CutOneIn = 40;

    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly FaultKinds _kinds;
    private readonly FaultTally _tally;
    private readonly FaultProxy _toReceivers;
    private readonly FaultProxy? _toDatabase;
    private readonly CommitCutter? _cutter;

    /// <param name="receivers">Where the receivers are.</param>
    /// <param name="connectionString">Where PostgreSQL is, or <see langword="null"/>.</param>
    /// <param name="kinds">Those of this class that are to be made; the links are there in any case.</param>
    /// <param name="seed">Of the schedule.</param>
    /// <param name="tally">Counts them.</param>
    public Network(Uri receivers, string? connectionString, FaultKinds kinds, int seed, FaultTally tally)
    {
        _kinds = kinds;
        _tally = tally;
        _random = new Random(seed);
        _toReceivers = new FaultProxy(receivers.Port, seed);
        Receivers = new UriBuilder(receivers) { Port = _toReceivers.Port }.Uri;
        if (connectionString is not null)
        {
            var database = new NpgsqlConnectionStringBuilder(connectionString);
            // A cutter reads each message, so it is there only if it is used.
            _cutter = kinds.HasFlag(FaultKinds.Commit) ? new CommitCutter(database.Port) : null;
            _toDatabase = new FaultProxy(_cutter?.Port ?? database.Port, seed + 1);
            database.Port = _toDatabase.Port;
            ConnectionString = database.ConnectionString;
        }
    }

    /// <summary>Where the victim finds the receivers.</summary>
    public Uri Receivers { get; }

    /// <summary>Where the victim finds PostgreSQL, or <see langword="null"/>.</summary>
    public string? ConnectionString { get; }

    /// <summary>Connections cut at a COMMIT so far.</summary>
    public int Cuts => _cutter?.Cuts ?? 0;

    /// <summary>Changes what the links do.</summary>
    /// <returns>What they do now, in words.</returns>
    public string Disturb()
    {
        List<string> now = [];
        if (_kinds.HasFlag(FaultKinds.Network))
        {
            now.Add("receivers " + Begin(_toReceivers, FaultSchedule.OfReceivers(_random)));
            if (_toDatabase is not null)
            {
                now.Add("database " + Begin(_toDatabase, FaultSchedule.OfDatabase(_random)));
            }
        }

        if (_cutter is not null)
        {
            CutCommits(CutOneIn);
            now.Add("commits cut");
        }

        return string.Join(", ", now);
    }

    /// <summary>Cuts about one of so many commits, half of them before the server gets them.</summary>
    public void CutCommits(int oneIn) => _cutter!.Next = () =>
    {
        lock (_lock)
        {
            var cut = _random.Next(2 * oneIn) switch { 0 => CommitCut.BeforeServer, 1 => CommitCut.AfterServer, _ => CommitCut.None };
            if (cut != CommitCut.None)
            {
                _tally.Add(cut == CommitCut.BeforeServer ? "commit cut before the server" : "commit cut after the server");
            }

            return cut;
        }
    };

    /// <summary>Everything works again for new connections, and for those that were not forgotten.</summary>
    public void Mend()
    {
        _toReceivers.Plan = FaultPlan.None;
        if (_toDatabase is not null)
        {
            _toDatabase.Plan = FaultPlan.None;
        }

        if (_cutter is not null)
        {
            _cutter.Next = () => CommitCut.None;
        }
    }

    /// <summary>The victim is dead: nothing of its requests reaches a receiver any more. What the database thinks is connected stays so.</summary>
    public void EndRequests()
    {
        Mend();
        _toReceivers.Reset();
    }

    /// <summary>What a keep-alive does in the end: both sides learn that a forgotten connection is dead.</summary>
    public void EndForgotten() => _toDatabase?.ResetForgotten();

    public async ValueTask DisposeAsync()
    {
        await _toReceivers.DisposeAsync();
        if (_toDatabase is not null)
        {
            await _toDatabase.DisposeAsync();
        }

        if (_cutter is not null)
        {
            await _cutter.DisposeAsync();
        }
    }

    private string Begin(FaultProxy link, Disturbance disturbance)
    {
        if (disturbance.Resets)
        {
            link.Reset();
        }

        link.Plan = disturbance.Plan;
        if (disturbance.IsPast)
        {
            link.Plan = FaultPlan.None;
        }

        _tally.Add(disturbance.Name);
        return disturbance.Name;
    }
}
