using Carrick.Authentication;
using Carrick.Operations;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>What every handler needs of a request.</summary>
internal static class ApiRequest
{
    /// <summary>Who acts, for the audit log.</summary>
    public static Operator By(HttpContext context, string? reason = null)
    {
        var identity = context.User.Identity;
        return identity is { AuthenticationType: ApiCaller.AuthenticationType, Name: { } actor }
            ? new Operator(actor, reason)
            : throw new InvalidOperationException("The endpoint is not behind the API gate.");
    }

    /// <summary>The path of another route of the API, whatever prefix the API is mapped under.</summary>
    /// <param name="context">The request.</param>
    /// <param name="own">How the path of this request ends.</param>
    /// <param name="other">How the other one ends.</param>
    public static string Sibling(HttpContext context, string own, string other)
    {
        var path = context.Request.Path.Value!.TrimEnd('/');
        return context.Request.PathBase + path[..^own.Length] + other;
    }
}
