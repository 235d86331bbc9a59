using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Delivery;

/// <summary>Finds the events that an endpoint with <see cref="ConsumerDefinition.SkipLate"/> has something newer than.</summary>
internal static class LateEvents
{
    /// <summary>What decides, or <see langword="null"/> if nothing does: the endpoint does not mind, or the event has no subject or no version.</summary>
    public static SubjectVersion? VersionOf(ConsumerDefinition consumer, EventRecord? record) =>
        consumer is EndpointDefinition { SkipLate: true } && record is { Subject: { } subject, Version: { } version }
            ? new SubjectVersion(subject, version)
            : null;

    /// <summary>Whether a newer version of the subject was delivered. A forced replay is never late.</summary>
    /// <exception cref="StoreException">The newest version cannot be read.</exception>
    public static async ValueTask<bool> IsLateAsync(EndpointDefinition endpoint, WorkItem item, EventRecord record, IWorkReader reader) =>
        !item.Forced
        && VersionOf(endpoint, record) is { } version
        && await reader.FindVersionAsync(item.Consumer, version.Subject, CancellationToken.None).ConfigureAwait(false) > version.Version;
}
