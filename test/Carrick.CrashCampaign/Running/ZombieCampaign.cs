using System.Diagnostics;
using System.Globalization;
using Carrick.CrashCampaign.Load;
using Carrick.CrashCampaign.Victim;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Running;

/// <summary>
/// Two servers that share a schema. One is suspended until it is taken for dead and all that it had to do was tried by the other, and then wakes up: it can complete
/// nothing more, ends, and is started again.
/// </summary>
internal sealed class ZombieCampaign : ICampaign
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // What PostgreSQL has got of a commit it finishes, also when the client stands still.
    private static readonly TimeSpan UnderWay = TimeSpan.FromMilliseconds(100);

    // Senders are faster than handlers that run one at a time; the backlog would grow from turn to turn.
    private const int MostBetweenTurns = 100;

    private readonly Stage _stage;
    private readonly TakeOverTimes _times = new();
    private readonly Node[] _nodes;

    public ZombieCampaign(Stage stage)
    {
        _stage = stage;
        _nodes = [new Node(stage, "A"), new Node(stage, "B")];
    }

    public string Done => string.Create(CultureInfo.InvariantCulture, $"{_stage.Options.Count} take-overs");

    public async Task RunAsync()
    {
        try
        {
            var load = new LoadGenerator(_stage.Sender, _stage.Options.Connections, _stage.Options.Seed);
            load.Start();
            for (var turn = 1; turn <= _stage.Options.Count; turn++)
            {
                await WatchAsync(TakeOverAsync($"{turn,5}/{_stage.Options.Count}: "));
            }

            await WatchAsync(FinishAsync(load));
        }
        finally
        {
            foreach (var node in _nodes)
            {
                node.Dispose();
            }
        }

        _times.Print(Console.Out);
        Console.WriteLine($"requests of servers that woke up: {_stage.Receiver.Strays}");
        _times.Check();
    }

    private async Task TakeOverAsync(string name)
    {
        var (node, had) = await SuspendAsync();
        var watch = Stopwatch.StartNew();
        _stage.History.Write(new Killed(DateTimeOffset.UtcNow));
        node.Hide();
        TimeSpan? first = null;
        var (last, moved) = (had.Count, watch.Elapsed);
        for (var untried = last; untried > 0 || await Outstanding.IsNodeAsync(_stage.Postgres!.ConnectionString, node.ProcessId); untried = await had.CountUntriedAsync())
        {
            if (untried < last)
            {
                // After several take-overs in a row handlers run one at a time, so that a long backlog takes its time.
                (last, moved) = (untried, watch.Elapsed);
                first ??= moved;
            }
            else if (watch.Elapsed - moved > Patience)
            {
                throw new VictimFailedException($"{untried} of {had.Count} deliveries were not tried by another for {Patience.TotalSeconds} s.");
            }

            await Task.Delay(20);
        }

        var all = watch.Elapsed;
        _times.Add(first ?? all, all);
        await WaitForLoadAsync();
        await Task.Delay(_stage.Random.Next(1_000));
        watch.Restart();
        await node.ResumeAsZombieAsync();
        var zombie = watch.Elapsed;
        await CatchUpAsync();
        Console.WriteLine(name + string.Create(
            CultureInfo.InvariantCulture,
            $"first dispatch after {(first ?? all).TotalSeconds:F1} s, all {had.Count} tried after {all.TotalSeconds:F1} s; the zombie ended after {zombie.TotalSeconds:F1} s; {_stage.Sender.Acked:N0} acknowledged"));
    }

    /// <summary>Nobody sends until the backlog is short again.</summary>
    private async Task CatchUpAsync()
    {
        var working = _nodes.Where(node => node.Address is not null).ToList();
        working.ForEach(node => node.Hide());
        while ((await Outstanding.ReadAsync(_stage.Postgres!.ConnectionString)).Count > MostBetweenTurns)
        {
            await Task.Delay(50);
        }

        working.ForEach(node => node.Show());
    }

    /// <summary>Suspends a server that works, at a moment at which something is outstanding.</summary>
    private async Task<(Node Node, Outstanding Had)> SuspendAsync()
    {
        while (true)
        {
            await WaitForLoadAsync();
            var working = _nodes.Where(node => node.Address is not null).ToList();
            var node = working[_stage.Random.Next(working.Count)];
            await Task.Delay(_stage.Random.Next(1_000));
            node.Suspend();
            await Task.Delay(UnderWay);
            var had = await Outstanding.ReadAsync(_stage.Postgres!.ConnectionString, node.ProcessId);
            if (had.Count > 0)
            {
                return (node, had);
            }

            node.ResumeInTime();
        }
    }

    private async Task WaitForLoadAsync()
    {
        var (watch, acked) = (Stopwatch.StartNew(), _stage.Sender.Acked);
        while (_stage.Sender.Acked == acked)
        {
            if (watch.Elapsed > Patience)
            {
                throw new VictimFailedException($"Nothing was acknowledged within {Patience.TotalSeconds} s.");
            }

            await Task.Delay(10);
        }
    }

    private async Task FinishAsync(LoadGenerator load)
    {
        await WaitForLoadAsync();
        var last = _nodes.First(node => node.Address is not null);
        foreach (var node in _nodes.Where(node => node != last))
        {
            await node.StopAsync();
        }

        await _stage.DrainAsync(last.Address!, load.StopAsync);
        await last.StopAsync();
        await _stage.ExportAsync(last.Settings);
    }

    private async Task WatchAsync(Task work)
    {
        List<Task> going = [work, .. _nodes.Select(node => node.Supervising)];
        while (!work.IsCompleted)
        {
            // A supervisor ends well only when its server was stopped.
            var ended = await Task.WhenAny(going);
            await ended;
            going.Remove(ended);
        }

        await work;
    }
}
