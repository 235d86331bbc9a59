using System.Globalization;
using System.Net;
using Carrick.Delivery;
using Carrick.Simulation.Scheduling;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>The HTTP endpoints, below the engine's real sender: they answer 200 and, by chance, everything else.</summary>
internal sealed class Receivers(Simulation simulation, Life life) : HttpMessageHandler
{
    private const int Hang = 0;
    private const int ResetBefore = 1;
    private const int ResetAfter = 2;
    private static readonly int[] Statuses = [Hang, ResetBefore, ResetAfter, 302, 400, 408, 410, 422, 429, 429, 429, 500, 500, 502, 503, 503, 503];

    private Chance Chance => life.Chance;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var consumer = request.RequestUri!.AbsolutePath[1..];
        var attempt = int.Parse(request.Headers.GetValues(EndpointRequest.AttemptHeader).Single(), CultureInfo.InvariantCulture);
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var id = RecordId.TryParse(request.Headers.GetValues(EndpointRequest.IdHeader).Single(), IdPrefix.Event, out var parsed) ? parsed : RecordId.None;
        var message = Message.Read(body, "");
        simulation.Pauses.CheckStart(life, consumer, message.Id);
        simulation.Late.CheckStart(life, consumer, id, message);
        // Under 100 ms: the history checker takes what arrives later after an answer, and was never recorded, for a request that was begun after it.
        await life.StepAsync("receiver", $"{consumer} gets {message.Id}, attempt {attempt}", Chance.Latency(80));
        var status = simulation.IsCalm || !Chance.PerMille(simulation.Scenario.EndpointFaults) ? 200 : Chance.Of(Statuses);
        var pause = status is 429 or 503 && !Chance.OneIn(4) ? DrawPause() : (Header: null, NotBefore: (DateTimeOffset?)null);
        simulation.History.Add(new Received(
            simulation.Wall.Now, consumer, simulation.MessageIdOf(id) ?? message.Id, message.Subject, message.Sequence, attempt, status > ResetAfter ? status : 0,
            simulation.Scenario.ClockJumpsAtAll ? null : pause.NotBefore)
        { Body = BodyHash.Of(body) });
        switch (status)
        {
            case Hang:
                await HangAsync(id, consumer, attempt, cancellationToken);
                break;
            case ResetBefore or ResetAfter:
                await life.StepAsync("receiver", $"{consumer} resets {message.Id}", Chance.Latency(500));
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The connection was reset.");
        }

        await life.StepAsync("receiver", $"{consumer} answers {message.Id} with {status} {pause.Header}", Chance.Latency(500));
        cancellationToken.ThrowIfCancellationRequested();
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent([]) };
        if (pause.Header is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", pause.Header);
            simulation.Pauses.Answered(life, consumer, pause.NotBefore!.Value);
        }

        return response;
    }

    private (string Header, DateTimeOffset? NotBefore) DrawPause()
    {
        var seconds = Chance.Between(1, 40);
        var now = simulation.Wall.Now;
        if (Chance.OneIn(2))
        {
            return (seconds.ToString(CultureInfo.InvariantCulture), now.AddSeconds(seconds));
        }

        var date = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero).AddSeconds(seconds);
        return (date.ToString("R", CultureInfo.InvariantCulture), date);
    }

    private async Task HangAsync(RecordId id, string consumer, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            await life.HangAsync(cancellationToken);
        }
        finally
        {
            if (life.Stopping.IsCancellationRequested)
            {
                simulation.Findings.Cancelled(life, id, consumer, attempt);
            }
        }
    }
}
