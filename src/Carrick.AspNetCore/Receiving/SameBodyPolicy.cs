namespace Carrick.Receiving;

/// <summary>
/// What a source does with a body that it knows under another message id, where the id is not signed. It may be another event that says the same,
/// or a request that somebody has seen and sent again under a new id.
/// </summary>
public enum SameBodyPolicy
{
    /// <summary>It is an event of its own. It is counted as a possible replay, logged, and shown with the event that was first.</summary>
    Accept,

    /// <summary>It is a duplicate of the event that was first: the body alone is the key of deduplication.</summary>
    Refuse,
}
