namespace Carrick.Peers;

/// <summary>An event whose signature is right.</summary>
/// <param name="Id">The sender's id of it.</param>
/// <param name="AcceptedAt">When its request came, in Unix milliseconds.</param>
/// <param name="Body">The exact text.</param>
public sealed record PeerEvent(string Id, double AcceptedAt, string Body);
