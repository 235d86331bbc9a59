using System.Globalization;
using System.Net.Http.Json;

namespace Carrick.Benchmarks.Serving;

/// <summary>A started server under test.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Child _child;
    private readonly HttpClient _http;

    private ServerProcess(Child child, int port)
    {
        _child = child;
        Port = port;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public int Port { get; }

    public int ProcessId => _child.Process.Id;

    public static async Task<ServerProcess> StartAsync(Settings settings)
    {
        var child = Child.Start("server", settings);
        return new ServerProcess(child, int.Parse(await child.ReadLineAsync().ConfigureAwait(false), CultureInfo.InvariantCulture));
    }

    public async Task<ServerFigures> ReadAsync() =>
        await _http.GetFromJsonAsync<ServerFigures>(new Uri("/bench/stats", UriKind.Relative)).ConfigureAwait(false)
        ?? throw new InvalidOperationException("The server gave no figures.");

    /// <summary>Forgets what was measured in the warm-up.</summary>
    public async Task ResetAsync() =>
        (await _http.PostAsync(new Uri("/bench/reset", UriKind.Relative), null).ConfigureAwait(false)).EnsureSuccessStatusCode().Dispose();

    /// <summary>Ends the process without a stop.</summary>
    public void Kill() => _child.Kill();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _child.DisposeAsync().ConfigureAwait(false);
    }
}
