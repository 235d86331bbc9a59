namespace Carrick.Integrations;

/// <summary>Finds settings of a consumer that would silently do nothing, because no event from its source has what they go by. Pure.</summary>
internal static class IdleSettings
{
    /// <summary>What the source would have to name for the consumer's order; empty if there is no order, no source, or all is named.</summary>
    public static IReadOnlyList<string> MissingForOrder(ConsumerDefinition consumer, SourceDefinition? source) =>
        consumer.Order == OrderingMode.Subject && source is { NamesSubject: false } ? ["subject"] : [];

    /// <summary>The same for the skipping of late events.</summary>
    public static IReadOnlyList<string> MissingForSkipLate(ConsumerDefinition consumer, SourceDefinition? source)
    {
        List<string> missing = [];
        if (consumer.SkipLate && source is { NamesSubject: false })
        {
            missing.Add("subject");
        }

        if (consumer.SkipLate && source is { NamesVersion: false })
        {
            missing.Add("version");
        }

        return missing;
    }
}
