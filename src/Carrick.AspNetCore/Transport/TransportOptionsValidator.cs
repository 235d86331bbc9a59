using Microsoft.Extensions.Options;

namespace Carrick.Transport;

/// <summary>Reports every limit that is out of range, by its configuration key.</summary>
internal sealed class TransportOptionsValidator : IValidateOptions<TransportOptions>
{
    public ValidateOptionsResult Validate(string? name, TransportOptions options) => options.Validate() is { Count: > 0 } errors
        ? ValidateOptionsResult.Fail(errors.Select(error => $"Carrick:Transport:{error}"))
        : ValidateOptionsResult.Success;
}
