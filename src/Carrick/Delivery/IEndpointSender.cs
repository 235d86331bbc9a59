using Carrick.Integrations;

namespace Carrick.Delivery;

/// <summary>Makes one HTTP attempt. Thread-safe; throws only for bugs.</summary>
internal interface IEndpointSender
{
    /// <summary>Posts the event's exact bytes, signed, within the endpoint's time-out.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="record">What.</param>
    /// <param name="attempt">The number of the attempt, from 1.</param>
    /// <param name="stopping">Our own shutdown: the result is <see cref="Retry.FailureCategory.Cancelled"/>.</param>
    ValueTask<AttemptResult> SendAsync(EndpointDefinition endpoint, EventRecord record, int attempt, CancellationToken stopping);
}
