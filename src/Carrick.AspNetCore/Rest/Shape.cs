using Carrick.Delivery;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Rest.Contract;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Rest;

/// <summary>Gives records the shape of the API.</summary>
internal static class Shape
{
    public static EventSummaryResource Of(EventSummary item) => new(
        item.Id.ToString(IdPrefix.Event), item.Integration, item.Type, item.MessageId, item.Subject, item.ContentType, item.Size,
        item.ReceivedAt.UtcDateTime);

    public static EventResource Of(EventDetail detail, IOperations operations)
    {
        var item = detail.Event;
        return new EventResource(
            item.Id.ToString(IdPrefix.Event), item.Integration, item.Type, item.MessageId, item.Subject, item.ContentType, item.Body.Length,
            item.ReceivedAt.UtcDateTime, [.. item.Headers.Select(header => new HeaderResource(header.Key, header.Value))],
            item.TraceParent, item.Version, item.Verdict, detail.Conflicts, detail.PossibleReplayOf?.ToString(IdPrefix.Event), [.. detail.Deliveries.Select(delivery => Of(delivery, operations))]);
    }

    public static DeliveryResource Of(DeliveryView view, IOperations operations) => new()
    {
        Id = view.Id.ToString(IdPrefix.Delivery),
        EventId = view.EventId.ToString(IdPrefix.Event),
        Integration = view.Integration,
        Consumer = view.Consumer,
        Type = view.Type,
        State = ApiWords.Of(LiveState(view, operations)),
        OrderingKey = view.OrderingKey,
        AttemptCount = view.Attempts,
        DueAt = view.DueAt?.UtcDateTime,
        EndedAt = view.EndedAt?.UtcDateTime,
        Category = Word(view.Category),
        Reason = view.Reason,
        ReplayOf = view.ReplayOf?.ToString(IdPrefix.Delivery),
        ReplayedBy = view.ReplayedBy?.ToString(IdPrefix.Delivery),
    };

    public static DeliveryDetailResource Of(DeliveryView view, IReadOnlyList<AttemptRecord> attempts, IOperations operations)
    {
        var delivery = Of(view, operations);
        return new DeliveryDetailResource
        {
            Id = delivery.Id,
            EventId = delivery.EventId,
            Integration = delivery.Integration,
            Consumer = delivery.Consumer,
            Type = delivery.Type,
            State = delivery.State,
            OrderingKey = delivery.OrderingKey,
            AttemptCount = delivery.AttemptCount,
            DueAt = delivery.DueAt,
            EndedAt = delivery.EndedAt,
            Category = delivery.Category,
            Reason = delivery.Reason,
            ReplayOf = delivery.ReplayOf,
            ReplayedBy = delivery.ReplayedBy,
            Attempts = [.. attempts.Select(attempt => Of(view.Id, attempt))],
        };
    }

    public static AttemptResource Of(RecordId delivery, AttemptRecord attempt) => new(
        AttemptId.Of(delivery, attempt.Number), attempt.Number, attempt.StartedAt.UtcDateTime, attempt.Duration.TotalMilliseconds,
        attempt.Category == FailureCategory.None ? "succeeded" : "failed", Word(attempt.Category), attempt.StatusCode, attempt.Error,
        attempt.NextDueAt?.UtcDateTime);

    public static ReplayResource Of(ReplayJob job) => new(
        job.Id.ToString(IdPrefix.Replay), ApiWords.Of(job.State), Of(job.Filter), job.RatePerSecond, job.Force, job.Actor, job.Reason,
        job.Total, job.Replayed, job.CreatedAt.UtcDateTime, job.EndedAt?.UtcDateTime);

    public static EndpointResource Of(EndpointDefinition endpoint, ConsumerStatus status) => new(
        endpoint.Name, endpoint.Integration, ErrorText.Target(endpoint.Url), endpoint.Types.Patterns, endpoint.SigningSecrets.Count > 0,
        status.State.DisabledAt is null, status.State.DisabledAt?.UtcDateTime, status.State.DisabledReason, status.State.GateUntil?.UtcDateTime,
        Depth(status), status.Running);

    public static ApiKeyResource Of(ApiKeyRecord key) => new()
    {
        Id = key.Id.ToString(IdPrefix.ApiKey),
        Name = key.Name,
        Prefix = key.Prefix,
        Scopes = key.Scopes,
        CreatedAt = key.CreatedAt.UtcDateTime,
        RevokedAt = key.RevokedAt?.UtcDateTime,
    };

    public static AuditResource Of(AuditLine line) => new(
        line.Number, line.Entry.At.UtcDateTime, line.Entry.Actor, line.Entry.Action, line.Entry.Target, line.Entry.Reason);

    public static NodeResource Of(NodeStatus node) => new(
        node.Id, node.Name, node.State.ToString().ToLowerInvariant(), node.IsSelf, node.IsLeader, node.Shards, node.ShardCount,
        Math.Round(node.Up.TotalSeconds, 1), node.LeaseRemaining is { } remaining ? Math.Round(remaining.TotalSeconds, 1) : null);

    public static DepthResource Depth(ConsumerStatus? status) =>
        status is null ? new(0, 0, 0) : new(status.Depth.Ready, status.Depth.Delayed, status.Depth.Dead);

    /// <summary>The state with what only the engine knows: whether an attempt is under way.</summary>
    public static DeliveryState LiveState(DeliveryView view, IOperations operations) =>
        view.State is DeliveryState.Pending or DeliveryState.Retrying && operations.IsRunning(view.Id) ? DeliveryState.Running : view.State;

    private static DeadLetterFilterResource Of(DeadLetterFilter filter) => new()
    {
        Integration = filter.Integration,
        Consumer = filter.Consumer,
        Type = filter.Type,
        Category = Word(filter.Category),
        From = filter.From?.UtcDateTime.ToString("o"),
        To = filter.To?.UtcDateTime.ToString("o"),
        Deliveries = filter.Deliveries is null ? null : [.. filter.Deliveries.Select(id => id.ToString(IdPrefix.Delivery))],
    };

    private static string? Word(FailureCategory? category) =>
        category is null or FailureCategory.None ? null : ApiWords.Of(category.Value);
}
