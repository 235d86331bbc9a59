namespace Carrick.Testing.History;

/// <summary>What a history can break. The numbers are those of the engine's invariants.</summary>
public enum Invariant
{
    /// <summary>The history itself is damaged or incomplete: it proves nothing.</summary>
    History = 0,

    /// <summary>An event answered 2xx is done, outstanding or dead: never absent.</summary>
    AckedIsPresent = 1,

    /// <summary>No effect and no stored event without an accepted message.</summary>
    EffectHasEvent = 2,

    /// <summary>At most one effect per consumer and message.</summary>
    EffectIsSingle = 3,

    /// <summary>After draining: exactly one effect, or a dead letter with a reason.</summary>
    DrainedIsDone = 4,

    /// <summary>Per consumer and ordering key, effects happen in order.</summary>
    OrderIsKept = 5,

    /// <summary>Attempts are numbered from 1 without gaps, each with its error and the due time of the next.</summary>
    AttemptsAreComplete = 6,

    /// <summary>No attempt before its due time, and none before <c>Retry-After</c>.</summary>
    AttemptIsDue = 7,

    /// <summary>A delivery ends once.</summary>
    DeliveryEndsOnce = 8,

    /// <summary>At rest, every reported depth equals the count.</summary>
    DepthIsTrue = 9,

    /// <summary>A message id has one event, and every answer names it; only the first says that it is no duplicate.</summary>
    DuplicateNamesFirst = 20,

    /// <summary>The delay after a failure is the policy's, and a delivery is dead only when the policy's budget is used up.</summary>
    DelayIsOfPolicy = 21,

    /// <summary>Consumers get the bytes that were sent.</summary>
    BytesAreExact = 22,

    /// <summary>Within one life of the engine, an attempt is one request.</summary>
    AttemptIsOneRequest = 23,
}
