using System.Collections.ObjectModel;

namespace Carrick.Storage.Commands;

/// <summary>Deletes some of what is past its retention: attempts and outcomes, events without outstanding or dead deliveries, message ids, delivered versions, audit.</summary>
public sealed class RetentionCommand : StoreCommand
{
    /// <summary>The time that retention goes by, kept for the next process when a sweep is through; <see langword="null"/> to keep none.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Events, outcomes and attempts older than this.</summary>
    public required DateTimeOffset EventsBefore { get; init; }

    /// <summary>Message ids older than this; at least as long as events are kept.</summary>
    public required DateTimeOffset KeysBefore { get; init; }

    /// <summary>Dead letters older than this, with what they hold.</summary>
    public required DateTimeOffset DeadLettersBefore { get; init; }

    /// <summary>The most rows to look at.</summary>
    public required int Limit { get; init; }

    /// <summary>How long the writer may work on it, in small steps and at least one; <see langword="null"/> for as long as it takes.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Set by the store: rows deleted.</summary>
    public int Deleted { get; set; }

    /// <summary>Set by the store: how long the writer has worked on it.</summary>
    public TimeSpan Took { get; set; }

    /// <summary>Set by the store: dead letters deleted that were neither replayed nor discarded, by consumer number.</summary>
    public IReadOnlyDictionary<int, int> OpenDeadLettersDeleted { get; set; } = ReadOnlyDictionary<int, int>.Empty;

    /// <summary>Set by the store: parts that nobody needs any more and that can be dropped whole.</summary>
    public int Closed { get; set; }

    /// <summary>Set by the store: there may be more; the next command goes on where this one ended.</summary>
    public bool More { get; set; }

    internal void CountOpenDeadLetter(int consumer)
    {
        var counts = new Dictionary<int, int>(OpenDeadLettersDeleted);
        counts[consumer] = counts.GetValueOrDefault(consumer) + 1;
        OpenDeadLettersDeleted = counts;
    }

    internal override void Forget() => (Deleted, Took, Closed, More, OpenDeadLettersDeleted) = (0, TimeSpan.Zero, 0, false, ReadOnlyDictionary<int, int>.Empty);
}

/// <summary>Stores an API key.</summary>
public sealed class PutApiKeyCommand : StoreCommand
{
    /// <summary>The key.</summary>
    public required ApiKeyRecord Key { get; init; }
}

/// <summary>Revokes an API key.</summary>
public sealed class RevokeApiKeyCommand : StoreCommand
{
    /// <summary>The key's id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Set by the store: it existed and was not revoked.</summary>
    public bool Applied { get; set; }

    internal override void Forget() => Applied = false;
}

/// <summary>Stores the applied configuration, so that a restart opens the same one.</summary>
public sealed class PutConfigurationCommand : StoreCommand
{
    /// <summary>The document, without the values of environment variables.</summary>
    public required string Document { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>Writes 64 KiB that mean nothing, durably: tells whether a store that could not write can do so again.</summary>
public sealed class ProbeCommand : StoreCommand
{
    /// <summary>Takes away what an earlier probe wrote.</summary>
    public bool Clear { get; init; }
}
