using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Serving;

namespace Carrick.Benchmarks.Growth;

/// <summary>Somebody who looks things up by the API.</summary>
internal sealed class ListReader : IDisposable
{
    private readonly HttpClient _http;

    public ListReader(int port)
    {
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/v1/"), Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchServer.AdminKey);
    }

    /// <summary>Asks as often as is wanted.</summary>
    /// <returns>How long it took, how many items came at the last, and whether the answer was a partial one.</returns>
    public async Task<(Latencies Latencies, int Items, bool IsPartial)> MeasureAsync(string query, int times)
    {
        var (latencies, items, isPartial) = (new Latencies(), 0, false);
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            using var answer = JsonDocument.Parse(await _http.GetStringAsync(new Uri(query, UriKind.Relative)).ConfigureAwait(false));
            latencies.Add(Stopwatch.GetElapsedTime(started));
            (items, isPartial) = (answer.RootElement.GetProperty("data").GetArrayLength(), isPartial || answer.RootElement.TryGetProperty("searchedTo", out _));
        }

        return (latencies, items, isPartial);
    }

    /// <summary>Asks again and again until it is over.</summary>
    /// <returns>How many answers there were, and how many of them were refusals.</returns>
    public async Task<(int Answers, int Refused)> RunAsync(string query, CancellationToken over)
    {
        var (answers, refused) = (0, 0);
        while (!over.IsCancellationRequested)
        {
            using var answer = await _http.GetAsync(new Uri(query, UriKind.Relative), CancellationToken.None).ConfigureAwait(false);
            (answers, refused) = (answers + 1, refused + (answer.IsSuccessStatusCode ? 0 : 1));
        }

        return (answers, refused);
    }

    /// <summary>Starts a job, such as a replay.</summary>
    public async Task PostAsync(string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(path, UriKind.Relative), content).ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();
}
