using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace Carrick.Transport;

/// <summary>
/// The open connections, at most <see cref="TransportOptions.MaxConnections"/>. Silent ones are closed, and idle ones make room for new ones, so that holding
/// connections open keeps nobody out. Thread-safe.
/// </summary>
internal sealed class ConnectionTable : IDisposable
{
    // How many idle connections are closed at once: a search through the table then serves as many new ones.
    private const int MostAtOnce = 16;
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);
    private readonly TransportOptions _options;
    private readonly TimeProvider _time;
    private readonly TransportReport _report;
    private readonly int _most;
    private readonly int _perAddress;
    private readonly Lock _lock = new();
    private readonly List<TransportSlot> _slots = [];
    private readonly Dictionary<UInt128, AddressConnections> _addresses = [];
    private readonly ITimer _sweeper;
    private bool _sweeping;

    public ConnectionTable(IOptions<TransportOptions> options, TimeProvider time, TransportReport report)
    {
        (_options, _time, _report) = (options.Value, time, report);

        // Kestrel counts a connection that is being closed for a moment longer, so a twentieth is left for those.
        _most = _options.MaxConnections - Math.Max(1, _options.MaxConnections / 20);
        _perAddress = Math.Max(1, (int)((long)_options.MaxConnections * _options.MaxPercentPerAddress / 100));
        _sweeper = time.CreateTimer(static table => ((ConnectionTable)table!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>Serves a connection if there is room for it.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (TryEnter(connection) is not { } slot)
        {
            connection.Abort(new ConnectionAbortedException("There is no room for the connection."));
            return;
        }

        connection.Features.Set(slot);
        try
        {
            await next(connection);
        }
        finally
        {
            lock (_lock)
            {
                Remove(slot);
            }
        }
    }

    public void Dispose() => _sweeper.Dispose();

    private TransportSlot? TryEnter(ConnectionContext connection)
    {
        var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var key = AddressKey.Of(remote);
        List<TransportSlot> idle = [];
        TransportSlot? slot = null;
        TransportEnd? refused = null;
        lock (_lock)
        {
            var address = _addresses.GetValueOrDefault(key) ?? new AddressConnections(key);
            if (address.Count >= _perAddress)
            {
                TakeIdle(address, idle);
                refused = address.Count >= _perAddress ? TransportEnd.AddressFull : null;
            }
            else if (_slots.Count >= _most)
            {
                TakeIdle(Heaviest(), idle);
                refused = _slots.Count >= _most ? TransportEnd.Full : null;
            }

            if (refused is null)
            {
                slot = new TransportSlot(connection, address, _time);
                Add(slot);
            }
        }

        idle.ForEach(closed => Close(closed, TransportEnd.Idle));
        if (refused is { } reason)
        {
            _report.Ended(reason, remote);
        }

        return slot;
    }

    // Closes what has been silent for too long; stops when nothing silent is left.
    private void Sweep()
    {
        List<TransportSlot> silent = [];
        lock (_lock)
        {
            var left = false;
            for (var i = _slots.Count - 1; i >= 0; i--)
            {
                var slot = _slots[i];
                if (slot.HasServed)
                {
                    continue;
                }

                if (_time.GetElapsedTime(slot.Since) >= _options.FirstRequestTimeout)
                {
                    Remove(slot);
                    silent.Add(slot);
                }
                else
                {
                    left = true;
                }
            }

            if (!left)
            {
                _sweeping = false;
                _sweeper.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        silent.ForEach(slot => Close(slot, TransportEnd.Silent));
    }

    private void Close(TransportSlot slot, TransportEnd reason)
    {
        // A request that begins at this moment on a connection that has served one is still answered.
        if (slot.HasServed && slot.Connection.Features.Get<IConnectionLifetimeNotificationFeature>() is { } lifetime)
        {
            lifetime.RequestClose();
        }
        else
        {
            slot.Connection.Abort(new ConnectionAbortedException("The connection was idle."));
        }

        _report.Ended(reason, (slot.Connection.RemoteEndPoint as IPEndPoint)?.Address);
    }

    // Of the addresses that have an idle connection, the one with most connections.
    private AddressConnections? Heaviest()
    {
        AddressConnections? heaviest = null;
        foreach (var slot in _slots)
        {
            if (slot.IsIdle && (heaviest is null || slot.Address.Count > heaviest.Count))
            {
                heaviest = slot.Address;
            }
        }

        return heaviest;
    }

    private void TakeIdle(AddressConnections? address, List<TransportSlot> taken)
    {
        if (address is null)
        {
            return;
        }

        // Never more than an eighth of an address' connections: few of few.
        var most = Math.Clamp(address.Count / 8, 1, MostAtOnce);
        taken.AddRange(_slots.Where(slot => slot.Address == address && slot.IsIdle).OrderBy(slot => slot.Since).Take(most));
        taken.ForEach(Remove);
    }

    private void Add(TransportSlot slot)
    {
        slot.Index = _slots.Count;
        _slots.Add(slot);
        slot.Address.Count++;
        _addresses[slot.Address.Key] = slot.Address;
        if (!_sweeping)
        {
            _sweeping = true;
            _sweeper.Change(SweepPeriod, SweepPeriod);
        }
    }

    private void Remove(TransportSlot slot)
    {
        if (slot.Index < 0)
        {
            return;
        }

        var last = _slots[^1];
        _slots[slot.Index] = last;
        last.Index = slot.Index;
        _slots.RemoveAt(_slots.Count - 1);
        slot.Index = -1;
        if (--slot.Address.Count == 0)
        {
            _addresses.Remove(slot.Address.Key);
        }
    }
}
