using System.Collections.ObjectModel;

namespace Carrick.Storage.Commands;

/// <summary>Deletes one small batch of what is past its retention: attempts and outcomes, events without outstanding or dead deliveries, message ids, delivered versions, audit.</summary>
public sealed class RetentionCommand : StoreCommand
{
    /// <summary>Events, outcomes and attempts older than this.</summary>
    public required DateTimeOffset EventsBefore { get; init; }

    /// <summary>Message ids older than this; at least as long as events are kept.</summary>
    public required DateTimeOffset KeysBefore { get; init; }

    /// <summary>Dead letters older than this, with what they hold.</summary>
    public required DateTimeOffset DeadLettersBefore { get; init; }

    /// <summary>The most rows per table.</summary>
    public required int Limit { get; init; }

    /// <summary>Set by the store: rows deleted; less than the limit in every table means done.</summary>
    public int Deleted { get; set; }

    /// <summary>Set by the store: dead letters deleted that were neither replayed nor discarded, by consumer number.</summary>
    public IReadOnlyDictionary<int, int> OpenDeadLettersDeleted { get; set; } = ReadOnlyDictionary<int, int>.Empty;

    /// <summary>Set by the store: a table had more than the limit.</summary>
    public bool More { get; set; }

    internal override void Forget() => (Deleted, More, OpenDeadLettersDeleted) = (0, false, ReadOnlyDictionary<int, int>.Empty);
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
