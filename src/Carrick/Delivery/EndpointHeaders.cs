using System.Buffers;
using System.Collections.Frozen;
using Carrick.Diagnostics;

namespace Carrick.Delivery;

/// <summary>Which headers an endpoint may add to its requests. Pure.</summary>
internal static class EndpointHeaders
{
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    // These frame the message or are ours to set.
    private static readonly FrozenSet<string> Reserved = new[]
    {
        "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "User-Agent", EndpointRequest.IdHeader, EndpointRequest.TimestampHeader, EndpointRequest.SignatureHeader,
        EndpointRequest.AttemptHeader,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks one header.</summary>
    /// <returns>What is wrong, without the value, or <see langword="null"/>.</returns>
    public static string? Check(string name, string value) =>
        string.IsNullOrEmpty(name) || name.AsSpan().ContainsAnyExcept(Token) ? "the name is not a header name (RFC 9110 token)"
        : Reserved.Contains(name) ? $"'{name}' is set by Carrick"
        : value is null || value.Any(static c => char.IsControl(c) && c != '\t') ? $"the value of {NameText.Quoted(name, "a header")} holds control characters"
        : null;
}
