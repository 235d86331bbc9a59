using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Carrick.Benchmarks;
using Carrick.Benchmarks.Cost;
using Carrick.Benchmarks.Growth;
using Carrick.Benchmarks.Handling;
using Carrick.Benchmarks.Ingest;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Memory;
using Carrick.Benchmarks.Peers;
using Carrick.Benchmarks.Serving;

const string Usage =
    """
    Usage: Carrick.Benchmarks <command> [options]
      ingest    durable ingest over HTTP beside raw batched inserts of the same rows
      handler   receive, handle in a transaction, complete
      memory    a million events, a hundred thousand outstanding: memory, restart, idle
      growth    ten million events: start, every list, and receiving beside readers, retention, a replay, a backup; a soak (--events 10000000 --backlog 1000000)
      cost      CPU, syncs and log bytes per event
      peers     Carrick beside other job queues, in the same run (options: docs/benchmarks/peers.md)
      micro     verification and parsing (BenchmarkDotNet options follow)
    Options: --store sqlite|postgres  --seconds N  --repetitions N  --connections N  --events N  --backlog N  --concurrency N  --rate N  --soak SECONDS  --data DIR
    """;

switch (args)
{
    case ["micro", .. var rest]:
        // In this process: to build a program for every run takes longer than the run on a busy machine.
        BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(
            rest.Length > 0 ? rest : ["--filter", "*"],
            DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
        return 0;
    case ["peers", .. var rest]:
        return await PeersBenchmark.RunAsync(rest).ConfigureAwait(false);
    case ["carrick-peer"]:
        return await CarrickPeer.RunAsync().ConfigureAwait(false);
    case [var command, .. var rest]:
        if (Settings.TryParse(rest, out var settings) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem).ConfigureAwait(false);
            return 2;
        }

        return await (command switch
        {
            "ingest" => IngestBenchmark.RunAsync(settings),
            "handler" => HandlerBenchmark.RunAsync(settings),
            "memory" => MemoryBenchmark.RunAsync(settings),
            "growth" => GrowthBenchmark.RunAsync(settings),
            "cost" => CostBenchmark.RunAsync(settings),
            // These are started by the ones above, in processes of their own.
            "server" => BenchServer.RunAsync(settings),
            "load" => LoadGenerator.RunAsync(settings),
            "raw" => RawInserts.RunAsync(settings),
            "seed" => Seeder.RunAsync(settings),
            _ => UnknownAsync(),
        }).ConfigureAwait(false);
    default:
        return await UnknownAsync().ConfigureAwait(false);
}

static async Task<int> UnknownAsync()
{
    await Console.Error.WriteLineAsync(Usage).ConfigureAwait(false);
    return 2;
}
