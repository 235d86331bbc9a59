using System.Globalization;
using Carrick.Problems;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>Reads the query of a request by its <see cref="QueryParameters"/> and collects every error. Used for one request.</summary>
internal sealed class QueryReader
{
    private const int LongestValue = 512;
    private readonly IQueryCollection _query;
    private readonly uint _fingerprint;

    public QueryReader(HttpContext context)
    {
        _query = context.Request.Query;
        var known = context.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>()?.Items ?? [];
        foreach (var name in _query.Keys)
        {
            if (!known.Any(parameter => parameter.Name == name))
            {
                Add(name, "unknown_parameter", known.Count == 0
                    ? "There are no parameters here."
                    : "Use " + string.Join(", ", known.Select(parameter => parameter.Name)) + ".");
            }
        }

        _fingerprint = PageCursor.Fingerprint(context.Request.Path, _query);
    }

    public List<ErrorItem> Errors { get; } = [];

    /// <summary>The one value of the parameter, or <see langword="null"/>.</summary>
    public string? Text(string name)
    {
        var values = _query[name];
        if (values.Count == 0)
        {
            return null;
        }

        if (values is [{ Length: > 0 and <= LongestValue } value] && !value.Any(char.IsControl))
        {
            return value;
        }

        Add(name, "invalid_value", values.Count > 1 ? "Give it once." : $"Use 1 to {LongestValue} characters without control characters.");
        return null;
    }

    public RecordId? Id(string name, string prefix)
    {
        var text = Text(name);
        if (text is null)
        {
            return null;
        }

        if (RecordId.TryParse(text, prefix, out var id))
        {
            return id;
        }

        Add(name, "invalid_id", $"Use an id that starts with '{prefix}_'.");
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        var text = Text(name);
        if (text is null)
        {
            return null;
        }

        if (ApiTime.TryParse(text, out var time))
        {
            return time;
        }

        Add(name, "invalid_time", "Use a time such as 2026-01-31T12:00:00Z; '+' in a query is written %2B.");
        return null;
    }

    public T? Word<T>(string name)
        where T : struct, Enum
    {
        var text = Text(name);
        if (text is null)
        {
            return null;
        }

        if (ApiWords.TryParse<T>(text, out var value))
        {
            return value;
        }

        Add(name, "invalid_value", "Use " + string.Join(", ", ApiWords.All<T>()) + ".");
        return null;
    }

    /// <summary>Whether the parameter is <c>true</c>; any word but <c>true</c> and <c>false</c> is an error.</summary>
    public bool Flag(string name)
    {
        var text = Text(name);
        if (text is not (null or "true" or "false"))
        {
            Add(name, "invalid_value", "Use true or false.");
        }

        return text == "true";
    }

    public int Limit()
    {
        var text = Text("limit");
        if (text is null)
        {
            return QueryParameter.Limit.Default!.Value;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit >= QueryParameter.Limit.Minimum && limit <= QueryParameter.Limit.Maximum)
        {
            return limit;
        }

        Add("limit", "out_of_range", $"Use {QueryParameter.Limit.Minimum} to {QueryParameter.Limit.Maximum}.");
        return QueryParameter.Limit.Default!.Value;
    }

    public RecordId? Cursor()
    {
        var text = Text("cursor");
        if (text is null)
        {
            return null;
        }

        if (PageCursor.TryParse(text, _fingerprint, out var last))
        {
            return last;
        }

        Add("cursor", "invalid_cursor", "Use the nextCursor of the page before, with the same filters.");
        return null;
    }

    /// <summary>The cursor of the next page.</summary>
    public string Next(RecordId last) => PageCursor.Format(last, _fingerprint);

    private void Add(string name, string code, string detail) =>
        Errors.Add(new ErrorItem { Parameter = name.Length <= 100 ? name : name[..100], Code = code, Detail = detail });
}
