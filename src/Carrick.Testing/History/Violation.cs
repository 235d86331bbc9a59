namespace Carrick.Testing.History;

/// <summary>One thing that must not have happened.</summary>
/// <param name="Invariant">What it breaks.</param>
/// <param name="Subject">The message, delivery, consumer or file that it is about.</param>
/// <param name="Description">What happened, in words.</param>
public sealed record Violation(Invariant Invariant, string Subject, string Description);
