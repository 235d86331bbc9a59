using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Carrick.Handlers;
using Carrick.Integrations;

namespace Carrick.Hosting;

/// <summary>Adds C# handlers to an integration.</summary>
public static class HandlerExtensions
{
    // Handlers of one database run one after another, so this bounds a batch, not parallel work.
    private const int HandlerConcurrency = 512;

    /// <summary>Handles events of a type with the bytes as they came.</summary>
    /// <param name="integration">The integration.</param>
    /// <param name="type">A type, a prefix with <c>*</c> at the end, or <c>*</c>.</param>
    /// <param name="handler">The code; it runs inside the transaction of <see cref="EventContext.Transaction"/>.</param>
    /// <param name="configure">Changes name, retries, order, time-out, database.</param>
    /// <remarks>The consumer is named <c>integration/type</c>. The name is the key of the ledger: give it one of its own before you rename or add a second handler of the type.</remarks>
    public static IntegrationBuilder On(
        this IntegrationBuilder integration, string type, EventHandlerDelegate handler, Func<HandlerDefinition, HandlerDefinition>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var definition = new HandlerDefinition
        {
            Name = $"{integration.Name}/{type}",
            Integration = integration.Name,
            Types = new TypeFilter([type]),
            Handler = handler,
            Concurrency = HandlerConcurrency,
        };
        return integration.AddConsumer(configure?.Invoke(definition) ?? definition);
    }

    /// <summary>Handles events of a type as <typeparamref name="T"/>, read by source-generated metadata.</summary>
    /// <remarks>
    /// A body that is no <typeparamref name="T"/> makes the delivery a dead letter at once. One packed as gzip, br or deflate is unpacked, to at most
    /// 10 MiB and 100 times its packed size (64 KiB are always allowed).
    /// </remarks>
    public static IntegrationBuilder On<T>(
        this IntegrationBuilder integration, string type, Func<T, EventContext, CancellationToken, Task> handler, JsonTypeInfo<T> json,
        Func<HandlerDefinition, HandlerDefinition>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return integration.On(
            type,
            (context, cancellationToken) => handler(
                Read(() => JsonSerializer.Deserialize(PackedBody.Open(context.Event).Span, json)), context, cancellationToken),
            configure);
    }

    /// <summary>Handles events of a type as <typeparamref name="T"/>, read by reflection with the defaults of the web.</summary>
    /// <remarks>
    /// A body that is no <typeparamref name="T"/> makes the delivery a dead letter at once. One packed as gzip, br or deflate is unpacked, to at most
    /// 10 MiB and 100 times its packed size (64 KiB are always allowed).
    /// </remarks>
    [RequiresUnreferencedCode("Reads JSON by reflection; use the overload with JsonTypeInfo.")]
    [RequiresDynamicCode("Reads JSON by reflection; use the overload with JsonTypeInfo.")]
    public static IntegrationBuilder On<T>(
        this IntegrationBuilder integration, string type, Func<T, EventContext, CancellationToken, Task> handler,
        Func<HandlerDefinition, HandlerDefinition>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return integration.On(
            type,
            (context, cancellationToken) => handler(
                Read(() => JsonSerializer.Deserialize<T>(PackedBody.Open(context.Event).Span, JsonSerializerOptions.Web)), context, cancellationToken),
            configure);
    }

    /// <summary>Publishes an object as JSON when, and only when, the transaction commits.</summary>
    public static void Publish<T>(this EventContext context, string type, T data, JsonTypeInfo<T> json, string? subject = null, long? version = null) =>
        context.Publish(type, JsonSerializer.SerializeToUtf8Bytes(data, json), "application/json", subject, version);

    /// <summary>Publishes an object as JSON, by reflection, when, and only when, the transaction commits.</summary>
    [RequiresUnreferencedCode("Writes JSON by reflection; use the overload with JsonTypeInfo.")]
    [RequiresDynamicCode("Writes JSON by reflection; use the overload with JsonTypeInfo.")]
    public static void Publish<T>(this EventContext context, string type, T data, string? subject = null, long? version = null) =>
        context.Publish(type, JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions.Web), "application/json", subject, version);

    // Only around the reading: a JsonException of the handler's own code says nothing about the event.
    private static T Read<T>(Func<T?> deserialize)
    {
        try
        {
            return deserialize() ?? throw new PermanentFailureException("The body is null.");
        }
        catch (JsonException exception)
        {
            // The message of a JsonException names a path and a position, not the payload.
            throw new PermanentFailureException($"The body is not what the handler expects: {exception.Message}", exception);
        }
    }
}
