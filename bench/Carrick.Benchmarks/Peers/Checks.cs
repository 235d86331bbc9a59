using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Serving;

namespace Carrick.Benchmarks.Peers;

/// <summary>What a peer does with a forged request and with copies.</summary>
internal sealed record Checks
{
    private const string Id = "msg_check_";

    // Jobs start in the order of acceptance, a few at once: when these are done, so is what came before them.
    private const int FenceLength = 64;

    /// <summary>The status of an answer to a wrong signature.</summary>
    public required int ForgedStatus { get; init; }

    /// <summary>Effects of a message that was sent twice in a row.</summary>
    public required long EffectsOfCopyAtOnce { get; init; }

    /// <summary>Effects of a message that was sent again when it was done.</summary>
    public required long EffectsOfCopyAfterwards { get; init; }

    public static async Task<Checks> RunAsync(PeerSite site, PeerSettings settings)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{site.Ports[0]}") };
        var patience = TimeSpan.FromSeconds(settings.Patience);
        var forged = await SendAsync(http, "forged", isForged: true).ConfigureAwait(false);
        await AcceptAsync(http, "twice").ConfigureAwait(false);
        await AcceptAsync(http, "twice").ConfigureAwait(false);
        await AcceptAsync(http, "again").ConfigureAwait(false);
        await DoneAsync(site, "twice", patience).ConfigureAwait(false);
        await DoneAsync(site, "again", patience).ConfigureAwait(false);
        // Its effect is there a moment before the peer has noted its end.
        await FenceAsync(site, settings, "before").ConfigureAwait(false);
        await AcceptAsync(http, "again").ConfigureAwait(false);
        await FenceAsync(site, settings, "checks").ConfigureAwait(false);
        var checks = new Checks
        {
            ForgedStatus = forged,
            EffectsOfCopyAtOnce = await site.Effects.CountAsync(Id + "twice").ConfigureAwait(false),
            EffectsOfCopyAfterwards = await site.Effects.CountAsync(Id + "again").ConfigureAwait(false),
        };
        return await site.Effects.CountAsync(Id + "forged").ConfigureAwait(false) == 0 ? checks : checks with { ForgedStatus = 200 };
    }

    /// <summary>Sends messages after all others and waits for the last: what was accepted before has been done then, unless it never is.</summary>
    /// <returns>Their ids.</returns>
    public static async Task<IReadOnlyList<string>> FenceAsync(PeerSite site, PeerSettings settings, string name)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{site.Ports[0]}") };
        string[] names = [.. Enumerable.Range(0, FenceLength).Select(number => $"{name}{number}")];
        foreach (var message in names)
        {
            await AcceptAsync(http, message).ConfigureAwait(false);
        }

        foreach (var message in names)
        {
            await DoneAsync(site, message, TimeSpan.FromSeconds(settings.Patience)).ConfigureAwait(false);
        }

        return [.. names.Select(message => Id + message)];
    }

    /// <summary>What is not as the peer's entry says; <see langword="null"/> if all is.</summary>
    public string? Problem(Peer peer)
    {
        if (ForgedStatus is not (400 or 401))
        {
            return $"a forged request was answered with {ForgedStatus}";
        }

        var isRight = peer.Dedupe switch
        {
            Dedupe.Durable => EffectsOfCopyAtOnce == 1 && EffectsOfCopyAfterwards == 1,
            Dedupe.WhilePending => EffectsOfCopyAtOnce is 1 or 2 && EffectsOfCopyAfterwards == 2,
            _ => EffectsOfCopyAtOnce == 2 && EffectsOfCopyAfterwards == 2,
        };
        return isRight ? null : $"copies had {EffectsOfCopyAtOnce} and {EffectsOfCopyAfterwards} effects, which is not '{peer.Dedupe}'";
    }

    private static async Task DoneAsync(PeerSite site, string name, TimeSpan patience)
    {
        if (!await site.Effects.ReachAsync(Id + name, patience).ConfigureAwait(false))
        {
            throw new TimeoutException($"The message '{name}' was not done.");
        }
    }

    private static async Task AcceptAsync(HttpClient http, string name)
    {
        if (await SendAsync(http, name).ConfigureAwait(false) is not 200 and var status)
        {
            throw new InvalidOperationException($"The message '{name}' was answered with {status}.");
        }
    }

    private static async Task<int> SendAsync(HttpClient http, string name, bool isForged = false)
    {
        var body = SignedRequests.Body();
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var mac = HMACSHA256.HashData(SignedRequests.Key, (byte[])[.. Encoding.ASCII.GetBytes($"{Id}{name}.{timestamp}."), .. body]);
        mac[0] ^= isForged ? (byte)1 : (byte)0;
        using var request = new HttpRequestMessage(HttpMethod.Post, LoadGenerator.PathOf(BenchServer.Integration))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Headers = { { "webhook-id", Id + name }, { "webhook-timestamp", $"{timestamp}" }, { "webhook-signature", $"v1,{Convert.ToBase64String(mac)}" } },
        };
        using var answer = await http.SendAsync(request).ConfigureAwait(false);
        return (int)answer.StatusCode;
    }
}
