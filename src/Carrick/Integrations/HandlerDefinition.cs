using Carrick.Handlers;

namespace Carrick.Integrations;

/// <summary>A C# handler.</summary>
public sealed record HandlerDefinition : ConsumerDefinition
{
    /// <summary>The code.</summary>
    public required EventHandlerDelegate Handler { get; init; }

    /// <summary>The handler's own database, or <see langword="null"/> for the engine's default.</summary>
    public IHandlerDatabase? Database { get; init; }
}
