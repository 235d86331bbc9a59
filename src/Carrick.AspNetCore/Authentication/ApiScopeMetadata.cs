namespace Carrick.Authentication;

/// <summary>The scope that an endpoint needs.</summary>
/// <param name="Scope">One of <see cref="ApiScope"/>.</param>
internal sealed record ApiScopeMetadata(string Scope);
