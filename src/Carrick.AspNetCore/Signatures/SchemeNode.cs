using System.Text.Json;
using Carrick.Diagnostics;

namespace Carrick.Signatures;

/// <summary>An object of a scheme's JSON that is read field by field and collects every error with its path.</summary>
internal sealed class SchemeNode(JsonElement element, string path, List<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public string Path { get; } = path;

    public bool Has(string name) => element.TryGetProperty(name, out _);

    public void Error(string name, string problem) => errors.Add($"{Path}.{name}: {NameText.WithoutSecrets(problem)}");

    public string? Text(string name, bool required = false)
    {
        if (!Find(name, JsonValueKind.String, "a string", required, out var value))
        {
            return null;
        }

        var text = value.GetString()!;
        if (required && text.Length == 0)
        {
            Error(name, "must not be empty");
        }

        return text;
    }

    public bool Flag(string name) => Read(name) is { } value && (value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : Fail(name, "must be true or false"));

    public int? Number(string name, int minimum, int maximum)
    {
        if (!Find(name, JsonValueKind.Number, "a number", false, out var value))
        {
            return null;
        }

        if (value.TryGetInt32(out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        Error(name, $"must be {minimum} to {maximum}");
        return null;
    }

    public SchemeNode? Object(string name, bool required = false) =>
        Find(name, JsonValueKind.Object, "an object", required, out var value) ? new SchemeNode(value, $"{Path}.{name}", errors) : null;

    public IReadOnlyList<SchemeNode> Objects(string name)
    {
        if (!Find(name, JsonValueKind.Array, "an array of objects", false, out var value))
        {
            return [];
        }

        var nodes = new List<SchemeNode>();
        foreach (var (item, index) in value.EnumerateArray().Select((item, index) => (item, index)))
        {
            if (item.ValueKind == JsonValueKind.Object)
            {
                nodes.Add(new SchemeNode(item, $"{Path}.{name}[{index}]", errors));
            }
            else
            {
                Error($"{name}[{index}]", "must be an object");
            }
        }

        return nodes;
    }

    public IReadOnlyList<string> Texts(string name)
    {
        if (!Find(name, JsonValueKind.Array, "an array of strings", false, out var value))
        {
            return [];
        }

        if (value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
        {
            Error(name, "must be an array of strings");
            return [];
        }

        return [.. value.EnumerateArray().Select(item => item.GetString()!)];
    }

    public T Choice<T>(string name, T fallback, bool required, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        if (Text(name, required) is not { Length: > 0 } text)
        {
            return fallback;
        }

        var names = new List<string>(choices.Length);
        foreach (var (candidate, value) in choices)
        {
            if (candidate == text)
            {
                return value;
            }

            names.Add(candidate);
        }

        Error(name, $"'{text}' is not one of {string.Join(", ", names)}");
        return fallback;
    }

    public IEnumerable<KeyValuePair<string, string>> Pairs()
    {
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.String)
            {
                yield return new(property.Name, property.Value.GetString()!);
            }
            else
            {
                Error(property.Name, "must be a string");
            }
        }
    }

    /// <summary>Reports fields that nothing has asked for.</summary>
    public void Close()
    {
        foreach (var property in element.EnumerateObject().Where(property => !_known.Contains(property.Name)))
        {
            Error(property.Name, "is unknown");
        }
    }

    private bool Find(string name, JsonValueKind kind, string wanted, bool required, out JsonElement value)
    {
        value = default;
        if (Read(name) is not { } found)
        {
            return required && Fail(name, "is missing");
        }

        value = found;
        return found.ValueKind == kind || Fail(name, $"must be {wanted}");
    }

    private JsonElement? Read(string name)
    {
        _known.Add(name);
        return element.TryGetProperty(name, out var value) ? value : null;
    }

    private bool Fail(string name, string problem)
    {
        Error(name, problem);
        return false;
    }
}
