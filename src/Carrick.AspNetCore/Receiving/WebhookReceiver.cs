using Carrick.Hosting;
using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Receiving;

/// <summary>
/// Takes one request from socket to acknowledgement, always in this order: bound the body, verify the raw bytes, and only then parse, map and store.
/// Thread-safe.
/// </summary>
internal sealed class WebhookReceiver(
    ICarrickEngine engine,
    IEventIngress ingress,
    WebhookSources sources,
    WebhookMetrics metrics,
    ISecuritySignals signals,
    TimeProvider time,
    BodyIntake intake)
{

    /// <summary>Bytes of bodies in memory now.</summary>
    public long BytesInFlight => intake.Memory.Reserved;

    /// <summary>Bodies that come in pieces now.</summary>
    public int BodiesComing => intake.Memory.Coming.Bodies;

    public async Task HandleAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        var name = context.Request.RouteValues["integration"] as string ?? "";
        if (engine.Topology.Find(name)?.Source is not WebhookSourceDefinition definition)
        {
            await NotFoundAsync(context);
            return;
        }

        if (sources.Find(definition, out _) is not { } source)
        {
            metrics.Received(name, "misconfigured");
            await WebhookAnswers.UnavailableAsync(context);
            return;
        }

        var method = context.Request.Method;
        if (method != HttpMethods.Post && !source.Handshakes.Knows(method))
        {
            metrics.Received(name, "wrong_method");
            await WebhookAnswers.WrongMethodAsync(context, source.Handshakes.Knows(HttpMethods.Get));
            return;
        }

        var share = intake.Memory.Integration(name);
        var body = await intake.ReadAsync(context, definition.MaxBodyBytes, share);
        try
        {
            await (body.Outcome switch
            {
                BodyOutcome.Complete => AnswerAsync(context, name, source, body.Body, started),
                BodyOutcome.TooLarge => Refuse(name, "too_large", () => WebhookAnswers.TooLargeAsync(context)),
                BodyOutcome.TooSlow => Refuse(name, "too_slow", () => WebhookAnswers.TooSlowAsync(context)),
                BodyOutcome.Full => Refuse(name, "full", () => WebhookAnswers.UnavailableAsync(context)),
                BodyOutcome.Malformed => Refuse(name, "malformed", () => WebhookAnswers.RejectedAsync(context, StatusCodes.Status400BadRequest)),
                _ => Refuse(name, "aborted", () => WebhookAnswers.AbortAsync(context)),
            });
        }
        finally
        {
            intake.Release(body, share);
        }
    }

    private async Task AnswerAsync(HttpContext context, string name, WebhookSource source, ReadOnlyMemory<byte> body, long started)
    {
        var http = context.Request;
        var request = new WebhookRequest(http.Method, http.QueryString.Value ?? "", http.Headers, body);
        if (source.Handshakes.TryAnswer(request, key: null) is { } early)
        {
            await HandshakeAsync(context, name, early);
            return;
        }

        var verdict = http.Method == HttpMethods.Post
            ? source.Verifier.Verify(request, time.GetUtcNow())
            : SignatureVerdict.Rejected(SignatureFailure.HandshakeMismatch);
        if (!verdict.IsValid)
        {
            await RejectAsync(context, name, source, verdict.Failure);
            return;
        }

        if (source.Handshakes.TryAnswer(request, verdict.Key) is { } answer)
        {
            await HandshakeAsync(context, name, answer);
            return;
        }

        var events = source.Events.Map(name, request, verdict, source.Headers.Pick(http.Headers));
        if (events.Count == 0)
        {
            metrics.Received(name, "too_many_events");
            await WebhookAnswers.TooManyEventsAsync(context);
            return;
        }

        await StoreAsync(context, name, source, events, started);
    }

    private async Task StoreAsync(HttpContext context, string name, WebhookSource source, IReadOnlyList<IncomingEvent> events, long started)
    {
        IReadOnlyList<IngestResult> results;
        try
        {
            // The whole request is here and is genuine: a caller that hangs up now finds its event stored when it comes again.
            results = await ingress.IngestAsync(events, CancellationToken.None);
        }
        catch (EngineFullException exception)
        {
            metrics.Received(name, "full");
            await WebhookAnswers.UnavailableAsync(context, exception.RetryAfter);
            return;
        }
        catch (ArgumentException) when (engine.Topology.Find(name) is null)
        {
            // A configuration without the integration was applied while the body came.
            await NotFoundAsync(context);
            return;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Data)
        {
            // The engine has logged why. Not a refusal: the event is genuine, and the sender's next try may meet a database that takes it.
            metrics.Received(name, "unstorable");
            await WebhookAnswers.UnstorableAsync(context);
            return;
        }

        if (metrics.Acknowledged(name, results, time.GetElapsedTime(started)) is var replays and > 0)
        {
            signals.PossibleReplay(name, replays);
        }

        await (source.Scheme.Ack is { } ack
            ? WebhookAnswers.WriteAsync(context, ack.Status, ack.ContentType, ack.Body)
            : WebhookAnswers.AcceptedAsync(context, results));
    }

    private Task NotFoundAsync(HttpContext context)
    {
        metrics.Received(WebhookMetrics.UnknownSource, "unknown_integration");
        return WebhookAnswers.NotFoundAsync(context);
    }

    private Task RejectAsync(HttpContext context, string name, WebhookSource source, SignatureFailure failure)
    {
        metrics.Received(name, "rejected");
        metrics.SignatureFailure(name, SignatureReasons.Name(failure));
        if (!source.Scheme.ExpectsInvalidProbes)
        {
            signals.SignatureRejected(name, failure);
        }

        return WebhookAnswers.RejectedAsync(context, source.Scheme.RejectStatus);
    }

    private Task HandshakeAsync(HttpContext context, string name, HandshakeAnswer answer)
    {
        metrics.Received(name, "handshake");
        return WebhookAnswers.WriteAsync(context, StatusCodes.Status200OK, answer.ContentType, answer.Body);
    }

    private Task Refuse(string name, string result, Func<Task> answer)
    {
        metrics.Received(name, result);
        return answer();
    }
}
