using System.Buffers;
using Carrick.Diagnostics;
using Carrick.Integrations;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Hosting;

/// <summary>Composes one integration; features are extension methods on it.</summary>
public sealed class IntegrationBuilder
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private readonly List<ConsumerDefinition> _consumers = [];
    private SourceDefinition? _source;

    internal IntegrationBuilder(string name, IServiceCollection services)
    {
        if (!IsName(name))
        {
            throw new ArgumentException($"{NameText.Quoted(name, "What was given")} is not an integration name: use 1 to 64 of a-z, 0-9 and '-'.", nameof(name));
        }

        Name = name;
        Services = services;
    }

    /// <summary>The integration's name.</summary>
    public string Name { get; }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Whether the text can name an integration.</summary>
    public static bool IsName(string? name) =>
        name is { Length: >= 1 and <= 64 } && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0;

    /// <summary>Sets where events come in.</summary>
    /// <exception cref="InvalidOperationException">It is set already.</exception>
    public IntegrationBuilder From(SourceDefinition source)
    {
        _source = _source is null ? source : throw new InvalidOperationException($"Integration '{Name}' has a source already.");
        return this;
    }

    /// <summary>Adds a consumer.</summary>
    /// <exception cref="ArgumentException">Its name is taken.</exception>
    public IntegrationBuilder AddConsumer(ConsumerDefinition consumer)
    {
        ArgumentNullException.ThrowIfNull(consumer);
        if (_consumers.Exists(other => other.Name == consumer.Name))
        {
            throw new ArgumentException($"Consumer '{consumer.Name}' is added twice.", nameof(consumer));
        }

        _consumers.Add(consumer);
        return this;
    }

    internal IntegrationDefinition Build() => new() { Name = Name, Source = _source, Consumers = [.. _consumers] };
}
