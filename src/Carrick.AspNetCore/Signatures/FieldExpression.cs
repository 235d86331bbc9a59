using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>Fields joined with <c>+</c>, with fall-backs after <c>|</c>: <c>header.x-github-event + json.action | json.type</c>.</summary>
internal sealed class FieldExpression(ImmutableArray<ImmutableArray<FieldReference>> alternatives)
{
    public static FieldExpression None { get; } = new([]);

    public ImmutableArray<ImmutableArray<FieldReference>> Alternatives { get; } = alternatives;

    public IEnumerable<FieldReference> References => Alternatives.SelectMany(alternative => alternative);

    public static FieldExpression? TryParse(string text)
    {
        var alternatives = ImmutableArray.CreateBuilder<ImmutableArray<FieldReference>>();
        foreach (var alternative in text.Split('|', StringSplitOptions.TrimEntries))
        {
            var fields = ImmutableArray.CreateBuilder<FieldReference>();
            foreach (var term in alternative.Split('+', StringSplitOptions.TrimEntries))
            {
                if (FieldReference.TryParse(term) is not { } field)
                {
                    return null;
                }

                fields.Add(field);
            }

            alternatives.Add(fields.ToImmutable());
        }

        return new FieldExpression(alternatives.ToImmutable());
    }
}
