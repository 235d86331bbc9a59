using System.Diagnostics.Metrics;

namespace Carrick.Delivery;

/// <summary>
/// The meters of the transport to endpoints, under a name of their own. Their labels hold the address of every endpoint and whatever status it answers, so the number of their
/// series is the other side's choice: they are not part of <c>System.Net.Http</c>, which the host may export for its own calls, and nothing exports them unasked.
/// </summary>
internal sealed class EndpointMeters : IMeterFactory
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Carrick.Endpoints.Http";

    // As those of the runtime it lives as long as the process.
    private readonly Meter _meter = new(Name);

    private EndpointMeters()
    {
    }

    public static EndpointMeters Instance { get; } = new();

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose()
    {
    }
}
