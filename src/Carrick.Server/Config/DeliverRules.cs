using System.Globalization;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;

namespace Carrick.Server.Config;

/// <summary>The rules of <c>deliver</c>.</summary>
internal static class DeliverRules
{
    private static readonly (string Word, OrderingMode Value)[] Orders = [("subject", OrderingMode.Subject), ("none", OrderingMode.None)];

    private static readonly (string Word, bool Value)[] Flags = [("true", true), ("false", false)];

    private static readonly (string Word, OrderingFailure Value)[] Failures =
        [("block", OrderingFailure.Block), ("dead-letter-and-continue", OrderingFailure.DeadLetterAndContinue)];

    public static IReadOnlyList<ConsumerDefinition> Read(
        ConfigSection integration, string integrationName, SourceDefinition? source, ConfigContext context)
    {
        switch (integration.Find("deliver"))
        {
            case null:
                return [];
            case ConfigList list:
                var endpoints = new List<EndpointDefinition>();
                foreach (var item in list.Items)
                {
                    if (ReadEndpoint(item, integrationName, source, context) is not { } endpoint)
                    {
                        continue;
                    }

                    if (endpoints.Exists(other => other.Name == endpoint.Name))
                    {
                        var another = item.HoldsVariable ? "Another endpoint has the same name." : $"Another endpoint is named {ConfigText.Show(endpoint.Name)}.";
                        context.Error(item, another, "Give each its own name.");
                    }

                    endpoints.Add(endpoint);
                }

                return endpoints;
            case var node:
                context.Error(node, $"Must be a list, not {node.Kind}.", "Start each endpoint with '- name:'.");
                return [];
        }
    }

    private static EndpointDefinition? ReadEndpoint(ConfigNode node, string integration, SourceDefinition? source, ConfigContext context)
    {
        if (ConfigSection.Open(node, ConfigKeys.Deliver, context) is not { } section)
        {
            return null;
        }

        section.Require("name", "Name the endpoint; the name is kept with its deliveries.");
        section.Require("url", "Add the URL that events are posted to.");
        var name = section.Text("name");
        if (name is not null && !IntegrationBuilder.IsName(name))
        {
            section.Error("name", "The text cannot name an endpoint.", "Use 1 to 64 of a-z, 0-9 and '-'.");
        }

        var retry = section.Section("retry", ConfigKeys.Retry);
        var endpoint = new EndpointDefinition
        {
            Name = $"{integration}/{name}",
            Integration = integration,
            Url = UrlRules.Read(section, "url") ?? new Uri("http://localhost"),
            Types = ReadTypes(section, context),
            Timeout = section.Duration("timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)) ?? TimeSpan.FromSeconds(15),
            Retry = ReadRetry(retry),
            TransientStatuses = ReadStatuses(retry, context),
            Order = section.Word("order", Orders) ?? OrderingMode.None,
            OnOrderedFailure = section.Word("onOrderedFailure", Failures) ?? OrderingFailure.DeadLetterAndContinue,
            SkipLate = section.Word("skipLate", Flags) ?? false,
            Concurrency = section.Integer("concurrency", 1, 1_000) ?? 16,
            Rate = section.Rate("rate"),
            Headers = HeaderRules.Read(section, context),
            SigningSecrets = SigningRules.Read(section, context),
        };
        if (section.Find("onOrderedFailure") is not null && endpoint.Order == OrderingMode.None && section.Find("order") is null)
        {
            section.Error("onOrderedFailure", "It has no effect without an order.", "Add 'order: subject' or remove the key.");
        }

        ReportIdle(section, "order", IdleSettings.MissingForOrder(endpoint, source));
        ReportIdle(section, "skipLate", IdleSettings.MissingForSkipLate(endpoint, source));
        context.Orders[endpoint.Name] = context.Place(section.Find("order") ?? node, ConfigText.Join(node.Path, "order"));
        return name is null ? null : endpoint;
    }

    private static void ReportIdle(ConfigSection section, string key, IReadOnlyList<string> missing)
    {
        if (missing.Count > 0)
        {
            section.Error(
                key,
                $"It has no effect: neither the scheme nor 'receive' says where the {string.Join(" and the ", missing)} of an event stands.",
                $"Set {string.Join(" and ", missing)} of receive, such as json.data.{missing[0]}, or remove the key.");
        }
    }

    private static TypeFilter ReadTypes(ConfigSection section, ConfigContext context)
    {
        var types = section.Texts("types");
        foreach (var (node, text) in types)
        {
            if (!TypeFilter.IsPattern(text) || text.Length > 255 || text.Any(char.IsControl))
            {
                context.Error(node, "The text is not an event type pattern.", "Use a type, a prefix with '*' at the end, or '*'; at most 255 characters.");
            }
        }

        return context.HasErrors || types.Count == 0 ? TypeFilter.All : new TypeFilter(types.Select(type => type.Text));
    }

    private static IReadOnlyList<int> ReadStatuses(ConfigSection? retry, ConfigContext context)
    {
        var statuses = new List<int>();
        foreach (var (node, text) in retry?.Texts("statuses") ?? [])
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && ResponseClassifier.CanBeTransient(status))
            {
                statuses.Add(status);
                continue;
            }

            context.Error(
                node,
                $"{(node is ConfigScalar scalar ? ConfigText.Show(scalar.Text) : "The value")} is not an answer that may be called transient.",
                "Use 400 to 499, but not 410, which disables the endpoint, and not 429, which throttles it.");
        }

        return statuses;
    }

    private static RetryPolicy ReadRetry(ConfigSection? retry)
    {
        var policy = RetryPolicy.Default;
        if (retry is null)
        {
            return policy;
        }

        var (shortest, longest) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(7));
        policy = new RetryPolicy
        {
            Attempts = retry.Integer("attempts", 1, 1_000) ?? policy.Attempts,
            Base = retry.Duration("base", shortest, longest) ?? policy.Base,
            Factor = retry.Number("factor", 1, 10) ?? policy.Factor,
            Cap = retry.Duration("cap", shortest, longest) ?? policy.Cap,
            Jitter = retry.Number("jitter", 0, 1) ?? policy.Jitter,
        };
        if (policy.Cap < policy.Base)
        {
            retry.Error(
                retry.Find("cap") is null ? "base" : "cap",
                retry.Node.HoldsVariable
                    ? "The longest delay is shorter than the first."
                    : $"The longest delay ({DurationText.Format(policy.Cap)}) is shorter than the first ({DurationText.Format(policy.Base)}).",
                "Raise cap or lower base.");
        }

        return policy;
    }
}
