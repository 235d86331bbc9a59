using System.Globalization;
using System.Text;

namespace Carrick.Simulation.World;

/// <summary>A message of the simulation: <c>id|subject|sequence|filler</c>.</summary>
internal sealed record Message(string Id, string Integration, string? Subject, long Sequence, string Filler)
{
    private const int Hopeless = 25;

    /// <summary>A handler has published it.</summary>
    public bool IsPublished => Id.EndsWith('\'');

    /// <summary>What a handler publishes when it has booked this one.</summary>
    public Message Reply() => new(Id + "'", Integration, null, 0, "");

    /// <summary>One in 25 is never taken by a consumer while there are faults.</summary>
    public bool IsHopelessFor(string consumer)
    {
        var hash = 2166136261u;
        foreach (var c in Id + consumer)
        {
            hash = (hash ^ c) * 16777619;
        }

        return hash % Hopeless == 0;
    }

    public IncomingEvent ToEvent() => new()
    {
        Integration = Integration,
        Type = Integration + ".changed",
        MessageId = Id,
        Subject = Subject,
        Version = Integration == ConsumerPlan.Crm ? Sequence : null,
        ContentType = "text/plain",
        Verdict = "simulated",
        Body = ToBody(),
    };

    public byte[] ToBody() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Id}|{Subject}|{Filler}|{Sequence}"));

    public static Message Read(EventRecord record) => Read(record.Body.Span, record.Integration);

    public static Message Read(ReadOnlySpan<byte> body, string integration)
    {
        var parts = Encoding.UTF8.GetString(body).Split('|');
        return new Message(parts[0], integration, parts[1].Length == 0 ? null : parts[1], long.Parse(parts[3], CultureInfo.InvariantCulture), parts[2]);
    }
}
