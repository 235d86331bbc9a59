using System.Collections.Immutable;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>The fields found in one event.</summary>
internal readonly struct FieldValues(ImmutableArray<FieldReference> references, FieldValue?[] values)
{
    public FieldValue? this[FieldReference reference]
    {
        get
        {
            // Plans have a handful of fields: looking along them is quicker than a dictionary for every request.
            for (var i = 0; i < references.Length; i++)
            {
                if (ReferenceEquals(references[i], reference))
                {
                    return values[i];
                }
            }

            return null;
        }
    }

    /// <summary>The first alternative that is there, its fields joined.</summary>
    /// <param name="expression">What to read.</param>
    /// <param name="separator">Stands between joined fields.</param>
    /// <param name="whole">All fields of an alternative must be there, not only the first.</param>
    public FieldValue? Join(FieldExpression expression, char separator, bool whole) => Join(expression, separator, whole, out _);

    /// <summary>The same, with the number of the alternative.</summary>
    public FieldValue? Join(FieldExpression expression, char separator, bool whole, out int which)
    {
        for (which = 0; which < expression.Alternatives.Length; which++)
        {
            var alternative = expression.Alternatives[which];
            FieldValue? joined = null;
            var complete = true;
            foreach (var field in alternative)
            {
                var value = this[field];
                complete &= value is not null;
                if (!complete && (whole || joined is null))
                {
                    break;
                }

                joined = value is not { } part ? joined
                    : joined is { } before ? new FieldValue($"{before.Text}{separator}{part.Text}", before.Hashed || part.Hashed)
                    : part;
            }

            if (joined is not null && (complete || !whole))
            {
                return joined;
            }
        }

        return null;
    }
}
