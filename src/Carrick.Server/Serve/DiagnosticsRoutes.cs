using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Operations;
using Carrick.Rest;
using Carrick.Storage;

namespace Carrick.Server.Serve;

/// <summary><c>GET /v1/diagnostics</c>: what <c>doctor</c> cannot see from outside.</summary>
internal static class DiagnosticsRoutes
{
    private const int Sample = 500;

    public static void MapDiagnostics(this IEndpointRouteBuilder api) => api.MapGet("/diagnostics", ReadAsync).WithTags("server")
        .Produces<DiagnosticsResource>()
        .Api("getDiagnostics", "Shows the state of the server, and consumers that nobody configures any more.", ApiScope.Read);

    private static async Task<IResult> ReadAsync(ICarrickEngine engine, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        var known = operations.ListConsumers().Select(consumer => consumer.State.Number).ToHashSet();
        var depths = await store.Work.CountAsync(cancellationToken);
        var unknown = depths.Where(depth => !known.Contains(depth.Key) && depth.Value.Ready + depth.Value.Delayed > 0).ToList();
        var names = unknown.Count == 0 ? [] : await ReadNamesAsync(store.Queries, cancellationToken);
        return TypedResults.Json(
            new DiagnosticsResource(
                engine.State.ToString().ToLowerInvariant(),
                engine.Problem,
                store.Name,
                [.. unknown.Select(depth => new UnknownConsumerResource(
                    depth.Key, names.GetValueOrDefault(depth.Key), depth.Value.Ready + depth.Value.Delayed))]),
            ServeJson.Default.DiagnosticsResource);
    }

    // The names stand on the deliveries; a sample of them is enough for a report.
    private static async Task<Dictionary<int, string>> ReadNamesAsync(IStoreQueries queries, CancellationToken cancellationToken)
    {
        var names = new Dictionary<int, string>();
        foreach (var state in new[] { DeliveryState.Pending, DeliveryState.Retrying })
        {
            foreach (var delivery in await queries.ListDeliveriesAsync(new DeliveryFilter(state), null, Sample, cancellationToken))
            {
                names[delivery.ConsumerNumber] = delivery.Consumer;
            }
        }

        return names;
    }
}
