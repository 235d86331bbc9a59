namespace Carrick.Server.Demo;

/// <summary>What the server answered.</summary>
/// <param name="Message">The request.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="EventId">For 200: the event.</param>
/// <param name="Duplicate">For 200: the message id was known.</param>
internal sealed record DemoReply(DemoMessage Message, int Status, string? EventId, bool Duplicate);
