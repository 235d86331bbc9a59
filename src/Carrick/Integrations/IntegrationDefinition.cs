namespace Carrick.Integrations;

/// <summary>A named link to one outside system, as configured. Immutable.</summary>
public sealed record IntegrationDefinition
{
    /// <summary>The name: 1 to 64 of <c>a-z 0-9 -</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where events come in, or <see langword="null"/> if only code publishes.</summary>
    public SourceDefinition? Source { get; init; }

    /// <summary>Who gets the events.</summary>
    public IReadOnlyList<ConsumerDefinition> Consumers { get; init; } = [];
}

/// <summary>Where events of an integration come in; the package that receives them derives from it.</summary>
public abstract record SourceDefinition
{
    /// <summary>The kind, such as <c>webhook</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Whether it is known where the subject of an event stands; consumers with an order go by it.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public virtual bool NamesSubject => true;

    /// <summary>Whether it is known where the version of the subject stands; consumers that skip late events go by it.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public virtual bool NamesVersion => true;
}
