using System.Security.Claims;

namespace Carrick.Authentication;

/// <summary>Who called, as found by the key.</summary>
/// <param name="Actor">For the audit log: the key's id and name.</param>
/// <param name="Scopes">The scopes granted.</param>
internal sealed record ApiCaller(string Actor, IReadOnlyList<string> Scopes)
{
    /// <summary>The authentication type of the request's identity.</summary>
    public const string AuthenticationType = "Carrick.ApiKey";

    public ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, Actor), .. Scopes.Select(scope => new Claim("scope", scope))], AuthenticationType));
}
