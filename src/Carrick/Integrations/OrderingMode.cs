namespace Carrick.Integrations;

/// <summary>Which deliveries of a consumer wait for one another.</summary>
public enum OrderingMode
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those with the same subject; events without a subject wait for none.</summary>
    Subject,
}

/// <summary>What happens to an ordering key when its head cannot be delivered.</summary>
public enum OrderingFailure
{
    /// <summary>The head becomes a dead letter; the next delivery of the key goes on.</summary>
    DeadLetterAndContinue,

    /// <summary>The head is tried again at the cap of the retry policy until it succeeds or an operator discards it.</summary>
    Block,
}
