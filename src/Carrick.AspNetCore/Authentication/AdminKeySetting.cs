using Microsoft.Extensions.Options;

namespace Carrick.Authentication;

/// <summary>The admin key of the configuration, for the check at start.</summary>
internal sealed class AdminKeySetting
{
    /// <summary>The key; <see langword="null"/> if none is set.</summary>
    public string? Key { get; set; }
}

/// <summary>Stops the start of an application whose admin key can be guessed. Never shows the key.</summary>
internal sealed class AdminKeyValidator : IValidateOptions<AdminKeySetting>
{
    public ValidateOptionsResult Validate(string? name, AdminKeySetting options) =>
        !string.IsNullOrWhiteSpace(options.Key) && AdminKeyStrength.Problem(options.Key.Trim()) is { } problem
            ? ValidateOptionsResult.Fail(
                $"{ApiKeys.AdminKeySetting} {problem}. Use a random text, such as the output of 'openssl rand -base64 32', or unset it to have a key made and printed once.")
            : ValidateOptionsResult.Success;
}
