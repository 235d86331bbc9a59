using System.Runtime.CompilerServices;
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
        var resolved = definition.SecretsKey is { } key ? definition with { Secrets = [.. definition.Secrets, .. Secrets(key)], SecretsKey = null } : definition;
        var source = WebhookSource.TryCreate(resolved, out var errors);
        if (definition.SecretsKey is { } name)
        {
            errors = [.. errors.Select(error => error.StartsWith("secrets", StringComparison.Ordinal) ? $"{error} (configuration key '{name}')" : error)];
        }

        if (source is null)
        {
            LogMisconfigured(definition.Scheme.Name, string.Join("; ", errors));
        }

        return new Entry(source, errors);
    }

    private IEnumerable<string> Secrets(string key)
    {
        var section = _configuration?.GetSection(key);
        return section?.Value is { } single ? [single] : section?.GetChildren().Select(child => child.Value ?? "") ?? [];
    }

    private sealed record Entry(WebhookSource? Source, IReadOnlyList<string> Errors);
}
