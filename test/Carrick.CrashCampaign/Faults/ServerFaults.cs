using Carrick.TestServices.Postgres;

namespace Carrick.CrashCampaign.Faults;

/// <summary>Crashes of PostgreSQL. Each ends with a server that accepts connections again.</summary>
internal sealed class ServerFaults(PostgresServer server, Random random, FaultTally tally)
{
    // By the name that the engine gives itself.
    private readonly PostgresBackends _backends = new(server, "carrick");

    /// <summary>One of them, by chance.</summary>
    /// <returns>What was done, in words.</returns>
    public async Task<string> CrashAsync()
    {
        var done = random.Next(3) switch
        {
            0 => await StopAtOnceAsync(),
            1 => await KillPostmasterAsync(),
            _ => await KillBackendAsync(),
        };
        tally.Add(done);
        return done;
    }

    private async Task<string> StopAtOnceAsync()
    {
        await server.StopAsync(PostgresShutdown.Immediate);
        await StartAsync();
        return "immediate stop of PostgreSQL";
    }

    private async Task<string> KillPostmasterAsync()
    {
        server.KillPostmaster();
        await StartAsync();
        return "postmaster killed";
    }

    /// <summary>The postmaster then ends all other backends and recovers, because shared memory may be damaged.</summary>
    private async Task<string> KillBackendAsync() =>
        await _backends.KillOneAsync(random.Next) ? "backend killed" : "no backend there to be killed";

    private async Task StartAsync()
    {
        await Task.Delay(random.Next(1_000));
        await server.StartAsync();
    }
}
