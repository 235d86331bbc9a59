using Carrick.Storage;

namespace Carrick.Authentication;

/// <summary>A key that was just made.</summary>
/// <param name="Record">As stored.</param>
/// <param name="Key">The key itself; it cannot be read again.</param>
public sealed record CreatedApiKey(ApiKeyRecord Record, string Key)
{
    /// <summary>The id only: the generated text would show the key.</summary>
    public override string ToString() => Record.Id.ToString(IdPrefix.ApiKey);
}
