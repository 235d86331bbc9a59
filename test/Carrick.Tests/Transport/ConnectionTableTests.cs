using System.Diagnostics.Metrics;
using System.Net;
using Carrick.Tests.Receiving;
using Carrick.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Transport;

public sealed class ConnectionTableTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();
    private readonly ServiceProvider _services;
    private readonly ConnectionTable _table;

    public ConnectionTableTests()
    {
        _services = new ServiceCollection().AddMetrics().AddLogging(logging => logging.AddProvider(_log)).BuildServiceProvider();
        var report = new TransportReport(_services.GetRequiredService<IMeterFactory>(), _time, _services.GetRequiredService<ILogger<TransportReport>>());
        _table = new ConnectionTable(Options.Create(new TransportOptions { MaxConnections = 100, MaxPercentPerAddress = 90 }), _time, report);
    }

    public void Dispose()
    {
        _table.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Silent_AfterTheTimeToTheFirstRequest_IsClosed()
    {
        var (silent, served) = (Open("192.0.2.1"), Open("192.0.2.1"));
        Serve(served);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(silent.IsClosed);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(silent.IsClosed);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(served.IsClosed);
        Assert.Equal(1, _table.Count);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Request_ThatTakesLong_IsNeverClosed()
    {
        var busy = Open("192.0.2.1");
        busy.Slot.BeginRequest();
        _time.Advance(TimeSpan.FromMinutes(10));
        for (var i = 0; i < 200; i++)
        {
            Open($"192.0.{i % 4}.{i}");
        }

        Assert.False(busy.IsClosed);
    }

    [Fact]
    public void Address_WithAllItMayHaveIdle_GivesUpItsOldestForANewOne()
    {
        var mine = Enumerable.Range(0, 90).Select(_ => Open("192.0.2.1")).ToArray();
        var other = Open("198.51.100.1");
        _time.Advance(TimeSpan.FromSeconds(1));
        var next = Open("192.0.2.1");
        Assert.False(next.IsClosed);
        Assert.False(other.IsClosed);
        Assert.InRange(mine.Count(connection => connection.IsClosed), 1, 11);
        Assert.Contains(_log.Lines, line => line.Id.Id == 1510);
    }

    [Fact]
    public void Address_WithAllItMayHaveAtWork_IsRefusedWhileOthersAreServed()
    {
        var mine = Enumerable.Range(0, 90).Select(_ => Open("2001:db8::1")).ToArray();
        Array.ForEach(mine, connection => connection.Slot.BeginRequest());
        Assert.True(Open("2001:db8::ffff:2").IsClosed);
        Assert.False(Open("2001:db8:0:1::1").IsClosed);
        Assert.DoesNotContain(mine, connection => connection.IsClosed);
        mine[0].End();
        Assert.False(Open("2001:db8::ffff:2").IsClosed);
    }

    [Fact]
    public void Table_Full_ClosesIdleConnectionsOfTheAddressThatHasMost()
    {
        var few = Enumerable.Range(0, 20).Select(i => Open($"198.51.100.{i}")).ToArray();
        _time.Advance(TimeSpan.FromSeconds(1));
        var many = Enumerable.Range(0, 80).Select(_ => Open("192.0.2.1")).ToArray();
        var next = Enumerable.Range(0, 30).Select(i => Open($"203.0.113.{i}")).ToArray();
        Assert.DoesNotContain(next, connection => connection.IsClosed);
        Assert.DoesNotContain(few, connection => connection.IsClosed);
        Assert.True(many.Count(connection => connection.IsClosed) >= 30);
        Assert.InRange(_table.Count, 80, 95);
    }

    [Fact]
    public void Table_FullOfConnectionsAtWork_RefusesAndSaysSoOnceAMinute()
    {
        for (var i = 0; i < 95; i++)
        {
            Open($"192.0.2.{i}").Slot.BeginRequest();
        }

        Assert.All(Enumerable.Range(0, 50), i => Assert.True(Open($"198.51.100.{i}").IsClosed));
        Assert.Single(_log.Lines);
        _time.Advance(TimeSpan.FromMinutes(1));
        Open("198.51.100.1");
        Assert.Contains("closed 50;", _log.Lines.Last().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void IdleConnection_ThatHasServed_IsAskedToCloseInsteadOfCut()
    {
        var served = Enumerable.Range(0, 90).Select(_ => Open("192.0.2.1")).ToArray();
        Array.ForEach(served, Serve);
        Open("192.0.2.1");
        Assert.Contains(served, connection => connection.Lifetime.IsAsked);
        Assert.DoesNotContain(served, connection => connection.IsAborted);
    }

    [Fact]
    public void Connections_AllEnded_LeaveNothing()
    {
        var all = Enumerable.Range(0, 50).Select(i => Open($"192.0.2.{i % 7}")).ToArray();
        Array.ForEach(all, connection => connection.End());
        Assert.Equal(0, _table.Count);
    }

    private static void Serve(FakeConnection connection)
    {
        connection.Slot.BeginRequest();
        connection.Slot.EndRequest();
    }

    private FakeConnection Open(string address)
    {
        var connection = new FakeConnection(IPAddress.Parse(address));
        _ = _table.RunAsync(connection, _ => connection.Served);
        return connection;
    }

    private sealed class FakeConnection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _served = new();

        public FakeConnection(IPAddress address)
        {
            RemoteEndPoint = new IPEndPoint(address, 1);
            Features.Set<IConnectionLifetimeNotificationFeature>(Lifetime);
        }

        public Task Served => _served.Task;

        public TransportSlot Slot => Features.Get<TransportSlot>()!;

        public FakeLifetime Lifetime { get; } = new();

        public bool IsAborted { get; private set; }

        public bool IsClosed => IsAborted || Lifetime.IsAsked;

        public void End() => _served.TrySetResult();

        public override void Abort(ConnectionAbortedException abortReason)
        {
            IsAborted = true;
            End();
        }
    }

    private sealed class FakeLifetime : IConnectionLifetimeNotificationFeature
    {
        public bool IsAsked { get; private set; }

        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => IsAsked = true;
    }
}
