using Carrick.Handlers;

namespace Carrick.Integrations;

/// <summary>A C# handler.</summary>
public sealed record HandlerDefinition : ConsumerDefinition
{
    /// <summary>The code.</summary>
    public required EventHandlerDelegate Handler { get; init; }

    /// <summary>The handler's own database, or <see langword="null"/> for the engine's default.</summary>
    public IHandlerDatabase? Database { get; init; }

    /// <summary>Skip an event whose <see cref="EventRecord.Version"/> is older than the newest one applied for its subject.</summary>
    public bool SkipLate { get; init; }
}
