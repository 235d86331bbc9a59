using System.Text.Json;
using System.Text.Json.Serialization;
using Carrick.Rest.Contract;

namespace Carrick.Rest;

/// <summary>The JSON of the API: camelCase, strict on input. Independent of the host's own settings.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 32)]
[JsonSerializable(typeof(Page<EventSummaryResource>))]
[JsonSerializable(typeof(EventResource))]
[JsonSerializable(typeof(PublishedResource))]
[JsonSerializable(typeof(ReplayedResource))]
[JsonSerializable(typeof(Page<DeliveryResource>))]
[JsonSerializable(typeof(DeliveryDetailResource))]
[JsonSerializable(typeof(RetriedResource))]
[JsonSerializable(typeof(Page<ReplayResource>))]
[JsonSerializable(typeof(DryRunResource))]
[JsonSerializable(typeof(DiscardedResource))]
[JsonSerializable(typeof(Page<IntegrationResource>))]
[JsonSerializable(typeof(Page<EndpointResource>))]
[JsonSerializable(typeof(Page<ApiKeyResource>))]
[JsonSerializable(typeof(CreatedApiKeyResource))]
[JsonSerializable(typeof(Page<AuditResource>))]
[JsonSerializable(typeof(Page<NodeResource>))]
[JsonSerializable(typeof(PublishRequest))]
[JsonSerializable(typeof(ReplayEventRequest))]
[JsonSerializable(typeof(ReasonRequest))]
[JsonSerializable(typeof(ReplayDeadLettersRequest))]
[JsonSerializable(typeof(DiscardDeadLettersRequest))]
[JsonSerializable(typeof(CreateApiKeyRequest))]
[JsonSerializable(typeof(HealthResource))]
internal sealed partial class ApiJson : JsonSerializerContext;
