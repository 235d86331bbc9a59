using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>Where the parts of an event stand in a request.</summary>
internal sealed record EventPlan
{
    /// <summary>Nothing is known: the id is a hash, the type is <c>unknown</c>.</summary>
    public static EventPlan Empty { get; } = new();

    public FieldExpression Id { get; init; } = FieldExpression.None;

    /// <summary>The sender promises that no two messages have one id, and that a repeated one has the same.</summary>
    public bool HasUniqueId { get; init; }

    /// <summary>A JSON field that counts the attempts of the sender, so that a repeated message differs in it; <see langword="null"/> if there is none.</summary>
    public FieldReference? Attempt { get; init; }

    public FieldExpression Type { get; init; } = FieldExpression.None;

    public FieldExpression Subject { get; init; } = FieldExpression.None;

    /// <summary>What tells an older event of a subject from a newer one.</summary>
    public FieldExpression Version { get; init; } = FieldExpression.None;

    /// <summary>What becomes an event of its own, or <see langword="null"/> for the whole body.</summary>
    public SplitPlan? Split { get; init; }

    /// <summary>Headers that are stored although no field reads them.</summary>
    public ImmutableArray<string> Headers { get; init; } = [];

    public IEnumerable<FieldReference> References => Id.References.Concat(Type.References).Concat(Subject.References).Concat(Version.References);

    public int JsonFields => References.Count(reference => reference.Source == FieldSource.Json);

    /// <summary>Why the fields cannot be read from events of this plan, or <see langword="null"/>.</summary>
    public string? Problem(FieldExpression fields)
    {
        foreach (var field in fields.References.Where(field => field.Source == FieldSource.Json))
        {
            if (field.Items.Length > 0 && Split?.Has(field.Items) != true)
            {
                return $"'{field.Name}' is in no item that becomes an event";
            }

            if (field.Items.Length == 0 && Split is { SplitsRoot: true } split)
            {
                return $"'{field.Name}' must begin with '{split.Paths[0].Levels[0]}', because the body is an array of events";
            }
        }

        return null;
    }
}
