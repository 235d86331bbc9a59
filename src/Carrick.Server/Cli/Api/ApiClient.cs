using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Carrick.Server.Cli.Api;

/// <summary>Talks to a server's REST API. Follows no redirect, so that the key goes to no other host. What fails is a value.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int MaxAnswer = 32 * 1024 * 1024;
    private readonly HttpClient _http;
    private readonly bool _hasKey;

    public ApiClient(Uri server, string? key)
    {
        Server = server;
        _hasKey = key is not null;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = TimeSpan.FromSeconds(60), MaxResponseContentBufferSize = MaxAnswer };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("carrick-cli", "1"));
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public Uri Server { get; }

    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, cancellationToken);

    public Task<ApiAnswer> PostAsync(string path, JsonObject? body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), cancellationToken);

    /// <param name="method">The method.</param>
    /// <param name="path">Relative, without a slash in front; user input in it is escaped.</param>
    /// <param name="content">The body, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return new ApiAnswer(body, response.Headers.Date, response.IsSuccessStatusCode ? null : ApiFailures.From(response, body, _hasKey));
        }
        catch (HttpRequestException exception)
        {
            return Unreachable(ApiFailures.Reason(exception));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable("it did not answer within 60 s");
        }
    }

    public void Dispose() => _http.Dispose();

    private ApiAnswer Unreachable(string reason) => new([], null, new CliFailure(
        ExitCodes.Unreachable,
        $"The server at {Server.GetLeftPart(UriPartial.Authority)} cannot be reached: {reason}.",
        $"Start it with 'carrick serve', or name another with --server or {ApiAddress.Variable}."));
}

/// <summary>An answer, good or bad.</summary>
/// <param name="Body">The bytes.</param>
/// <param name="Date">The server's clock.</param>
/// <param name="Failure">Why it failed, or <see langword="null"/>.</param>
internal sealed record ApiAnswer(byte[] Body, DateTimeOffset? Date, CliFailure? Failure)
{
    /// <summary>The body as JSON.</summary>
    /// <exception cref="CliException">It is not JSON.</exception>
    public JsonElement Json()
    {
        try
        {
            return JsonSerializer.Deserialize(Body, CliJson.Default.JsonElement);
        }
        catch (JsonException)
        {
            throw new CliException(new CliFailure(ExitCodes.Failure, "The server's answer is not JSON.", "Check that --server names a Carrick server."));
        }
    }
}
