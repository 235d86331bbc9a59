using System.Text.Json;
using System.Text.Json.Nodes;
using Carrick.Server.Cli;
using Carrick.Server.Cli.Api;
using Carrick.Server.Cli.Commands;

namespace Carrick.Server.Demo;

/// <summary>What an operator does through the REST API.</summary>
internal sealed class DemoApi(Uri server, string key, TimeProvider time) : IDisposable
{
    private const string Reason = "The customer's server is mended.";
    private readonly ApiClient _client = new(server, key);

    /// <summary>Enables every endpoint that is disabled and returns their names.</summary>
    public async Task<IReadOnlyList<string>> EnableEndpointsAsync(CancellationToken cancellationToken)
    {
        List<string> enabled = [];
        await foreach (var endpoint in ListAsync("v1/endpoints", cancellationToken))
        {
            if (!endpoint.GetProperty("enabled").GetBoolean())
            {
                var name = endpoint.GetProperty("name").GetString()!;
                Good(await _client.PostAsync($"v1/endpoints/{name}/enable", new JsonObject { ["reason"] = Reason }, cancellationToken));
                enabled.Add(name);
            }
        }

        return enabled;
    }

    /// <summary>Replays every dead letter and waits for the end of the job.</summary>
    /// <returns>How many were replayed.</returns>
    public async Task<long> ReplayDeadLettersAsync(CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["filter"] = new JsonObject(), ["reason"] = Reason };
        var job = Good(await _client.PostAsync("v1/dead-letters/replay", body, cancellationToken)).Json();
        var id = job.GetProperty("id").GetString();
        while (job.GetProperty("state").GetString() == "running")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            job = Good(await _client.GetAsync($"v1/replays/{id}", cancellationToken)).Json();
        }

        return job.GetProperty("replayed").GetInt64();
    }

    /// <summary>How many dead letters wait for a replay.</summary>
    public async Task<long> CountDeadLettersAsync(CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["filter"] = new JsonObject(), ["dryRun"] = true };
        return Good(await _client.PostAsync("v1/dead-letters/replay", body, cancellationToken)).Json().GetProperty("count").GetInt64();
    }

    /// <summary>Every stored event.</summary>
    public async Task<IReadOnlyDictionary<string, MessageKey>> ReadEventsAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, MessageKey> events = [];
        await foreach (var item in ListAsync("v1/events?limit=500", cancellationToken))
        {
            events.Add(
                item.GetProperty("id").GetString()!,
                new MessageKey(item.GetProperty("integration").GetString()!, item.GetProperty("messageId").GetString()!));
        }

        return events;
    }

    /// <summary>The events whose delivery to a consumer ended as skipped.</summary>
    public async Task<IReadOnlySet<string>> ReadSkippedAsync(IEnumerable<string> consumers, CancellationToken cancellationToken)
    {
        HashSet<string> skipped = [];
        foreach (var consumer in consumers)
        {
            await foreach (var item in ListAsync($"v1/deliveries?limit=500&state=skipped&consumer={Uri.EscapeDataString(consumer)}", cancellationToken))
            {
                skipped.Add(item.GetProperty("eventId").GetString()!);
            }
        }

        return skipped;
    }

    public void Dispose() => _client.Dispose();

    private static ApiAnswer Good(ApiAnswer answer) => answer.Failure is { } failure ? throw new CliException(failure) : answer;

    private async IAsyncEnumerable<JsonElement> ListAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = cursor is null ? path : $"{path}&cursor={Uri.EscapeDataString(cursor)}";
            var (data, next, _) = Page.Read(Good(await _client.GetAsync(page, cancellationToken)));
            foreach (var item in data)
            {
                yield return item;
            }

            cursor = next;
        }
        while (cursor is not null);
    }
}
