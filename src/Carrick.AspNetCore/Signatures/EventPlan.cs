using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>Where the parts of an event stand in a request.</summary>
internal sealed record EventPlan
{
    /// <summary>Nothing is known: the id is a hash, the type is <c>unknown</c>.</summary>
    public static EventPlan Empty { get; } = new();

    public FieldExpression Id { get; init; } = FieldExpression.None;

    public FieldExpression Type { get; init; } = FieldExpression.None;

    public FieldExpression Subject { get; init; } = FieldExpression.None;

    /// <summary>What tells an older event of a subject from a newer one.</summary>
    public FieldExpression Version { get; init; } = FieldExpression.None;

    /// <summary>The items of an array become events of their own.</summary>
    public bool Split { get; init; }

    /// <summary>Headers that are stored although no field reads them.</summary>
    public ImmutableArray<string> Headers { get; init; } = [];

    public IEnumerable<FieldReference> References => Id.References.Concat(Type.References).Concat(Subject.References).Concat(Version.References);
}
