using Carrick.Hosting;
using Carrick.Integrations;

namespace Carrick.Server.Config;

/// <summary>A valid configuration. Holds secrets: not to be shown.</summary>
internal sealed class ConfigDocument
{
    public required IReadOnlyList<IntegrationDefinition> Integrations { get; init; }

    public required EngineSettings Settings { get; init; }

    /// <summary>Where the order of each consumer is decided, by the consumer's name.</summary>
    public IReadOnlyDictionary<string, ConfigPlace> Orders { get; init; } = new Dictionary<string, ConfigPlace>();
}

/// <summary>A place in a document, for what shows only when it is compared with what runs.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Key">The path of the key.</param>
internal sealed record ConfigPlace(string File, long Line, long Column, string Key);

/// <summary>The keys <c>retention</c>, which takes effect at once, and <c>limits</c>, which take effect at start; unset members leave the default.</summary>
internal sealed record EngineSettings
{
    /// <summary>What cannot change before the next start.</summary>
    public EngineSettings AtStart => this with { EventRetention = null, MessageIdRetention = null, DeadLetterRetention = null };

    public TimeSpan? EventRetention { get; init; }

    public TimeSpan? MessageIdRetention { get; init; }

    public TimeSpan? DeadLetterRetention { get; init; }

    public int? WriteQueue { get; init; }

    public int? CommitBatch { get; init; }

    public int? ConsumerBuffer { get; init; }

    public long? BodyBuffer { get; init; }

    public TimeSpan? HandlerLinger { get; init; }

    public TimeSpan? ShutdownGrace { get; init; }

    public void CopyTo(CarrickOptions options)
    {
        options.EventRetention = EventRetention ?? options.EventRetention;
        options.MessageIdRetention = MessageIdRetention ?? options.MessageIdRetention;
        options.DeadLetterRetention = DeadLetterRetention ?? options.DeadLetterRetention;
        options.WriteQueueCapacity = WriteQueue ?? options.WriteQueueCapacity;
        options.CommitBatch = CommitBatch ?? options.CommitBatch;
        options.ConsumerBuffer = ConsumerBuffer ?? options.ConsumerBuffer;
        options.BodyBuffer = BodyBuffer ?? options.BodyBuffer;
        options.HandlerLinger = HandlerLinger ?? options.HandlerLinger;
        options.ShutdownGrace = ShutdownGrace ?? options.ShutdownGrace;
    }
}
