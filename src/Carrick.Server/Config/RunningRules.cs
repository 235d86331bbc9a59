using Carrick.Hosting;

namespace Carrick.Server.Config;

/// <summary>The rules that a document can break only against what runs. The engine refuses the same.</summary>
internal static class RunningRules
{
    public static IReadOnlyList<ConfigError> Check(ConfigDocument document, Topology running)
    {
        var orders = running.Integrations.SelectMany(integration => integration.Consumers).ToDictionary(consumer => consumer.Name, consumer => consumer.Order, StringComparer.Ordinal);
        return
        [
            .. document.Integrations.SelectMany(integration => integration.Consumers)
                .Where(consumer => orders.TryGetValue(consumer.Name, out var order) && order != consumer.Order)
                .Select(consumer => document.Orders[consumer.Name])
                .Select(place => new ConfigError(
                    place.File, place.Line, place.Column, place.Key,
                    "The order cannot change while the endpoint runs.",
                    "Restart the server with this configuration, or give the endpoint another name.")),
        ];
    }
}
