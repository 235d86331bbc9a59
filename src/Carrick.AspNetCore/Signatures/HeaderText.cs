using Microsoft.AspNetCore.Http;

namespace Carrick.Signatures;

/// <summary>Reads headers that may stand there once only.</summary>
internal static class HeaderText
{
    /// <summary>The value, or <see langword="null"/> if the header is absent, empty, or there twice with different values.</summary>
    public static string? Single(IHeaderDictionary headers, string name)
    {
        if (!headers.TryGetValue(name, out var lines) || lines.Count == 0)
        {
            return null;
        }

        for (var i = 1; i < lines.Count; i++)
        {
            if (lines[i] != lines[0])
            {
                return null;
            }
        }

        return string.IsNullOrEmpty(lines[0]) ? null : lines[0];
    }
}
