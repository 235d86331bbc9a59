using System.Runtime.CompilerServices;
using Carrick.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Receiving;

/// <summary>Makes each definition ready once and keeps the result as long as the definition is in force. Thread-safe.</summary>
internal sealed partial class WebhookSources(IServiceProvider services, ILogger<WebhookSources> logger)
{
    private readonly IConfiguration? _configuration = services.GetService<IConfiguration>();
    private readonly ConditionalWeakTable<WebhookSourceDefinition, Entry> _entries = [];

    /// <summary>The source, or <see langword="null"/> and why.</summary>
    public WebhookSource? Find(WebhookSourceDefinition definition, out IReadOnlyList<string> errors)
    {
        var entry = _entries.GetValue(definition, Create);
        errors = entry.Errors;
        return entry.Source;
    }

    private Entry Create(WebhookSourceDefinition definition)
    {
        // What cannot be a key is not looked up: the definition's own check refuses it.
        var resolved = definition.SecretsConfigurationKey is { } key && NameText.IsConfigurationKey(key)
            ? definition with { Secrets = [.. definition.Secrets, .. Secrets(key)], SecretsConfigurationKey = null }
            : definition;
        var source = WebhookSource.TryCreate(resolved, out var errors);
        if (resolved != definition)
        {
            errors = [.. errors.Select(error => error.StartsWith("secrets", StringComparison.Ordinal) ? error + Place(definition.SecretsConfigurationKey!) : error)];
        }

        if (source is null)
        {
            LogMisconfigured(definition.Scheme.Name, string.Join("; ", errors));
        }

        return new Entry(source, errors);
    }

    // A key that has a value is no secret; of one that has none only the form can tell.
    private string Place(string key) => NameText.IsShownKey(key) || _configuration?.GetSection(key).Exists() == true
        ? $" (configuration key '{key}')"
        : " (the configuration key that was named has no value)";

    private IEnumerable<string> Secrets(string key)
    {
        var section = _configuration?.GetSection(key);
        return section?.Value is { } single ? [single] : section?.GetChildren().Select(child => child.Value ?? "") ?? [];
    }

    private sealed record Entry(WebhookSource? Source, IReadOnlyList<string> Errors);
}
