using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>The fields of one request, item by item; what surrounds an item is read once. Not thread-safe.</summary>
internal sealed class RequestFields(FieldReader reader, ReadOnlyMemory<byte> body, FieldValue?[] shared)
{
    private readonly Dictionary<JsonItem, FieldValue?[]> _around = new(ReferenceEqualityComparer.Instance);

    /// <summary>The fields of an item, with those of the items around it.</summary>
    public FieldValues Read(JsonItem item)
    {
        var values = (FieldValue?[])(item.Parent is { } parent ? Around(parent) : shared).Clone();
        var bytes = body.Span[item.Start..item.End];
        reader.ReadJson(bytes, item.Items, values);
        for (var i = 0; i < values.Length; i++)
        {
            if (reader.References[i].Source == FieldSource.BodyHash)
            {
                values[i] = new FieldValue(FieldText.HashOf(bytes));
            }
        }

        return new FieldValues(reader.References, values);
    }

    private FieldValue?[] Around(JsonItem item)
    {
        if (!_around.TryGetValue(item, out var values))
        {
            values = (FieldValue?[])(item.Parent is { } parent ? Around(parent) : shared).Clone();
            reader.ReadJson(body.Span[item.Start..item.End], item.Items, values);
            _around.Add(item, values);
        }

        return values;
    }
}
