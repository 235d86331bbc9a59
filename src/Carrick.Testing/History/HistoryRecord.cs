using System.Text.Json.Serialization;

namespace Carrick.Testing.History;

/// <summary>One line of a history: something that a sender, a handler, a receiver or the engine's store says has happened. Immutable.</summary>
/// <remarks>
/// A history is a directory of <c>*.ndjson</c> files, each with one writer. Message ids are unique over the whole history.
/// The lines of a file are in the order in which they happened; nothing is assumed between files.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(DeclaredConsumer), "consumer")]
[JsonDerivedType(typeof(Sent), "sent")]
[JsonDerivedType(typeof(Acked), "acked")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(OutcomeUnknown), "unknown")]
[JsonDerivedType(typeof(Effect), "effect")]
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(StoredEvent), "event")]
[JsonDerivedType(typeof(StoredDelivery), "delivery")]
[JsonDerivedType(typeof(StoredAttempt), "attempt")]
[JsonDerivedType(typeof(ReportedDepth), "depth")]
[JsonDerivedType(typeof(OperatorActed), "operator")]
[JsonDerivedType(typeof(Killed), "killed")]
[JsonDerivedType(typeof(Drained), "drained")]
public abstract record HistoryRecord;
