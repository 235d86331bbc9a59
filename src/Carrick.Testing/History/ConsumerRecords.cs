using System.Text.Json.Serialization;

namespace Carrick.Testing.History;

/// <summary>A consumer of the run. Every event of its integration must have a delivery for it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Integration">The integration whose events it gets.</param>
/// <param name="Type">What it is.</param>
/// <param name="Ordered">Whether it is ordered by subject.</param>
public sealed record DeclaredConsumer(string Name, string Integration, ConsumerType Type, bool Ordered) : HistoryRecord
{
    /// <summary>When it is tried again, and how often.</summary>
    /// <value>Default <see langword="null"/>: not checked.</value>
    public RetryRule? Retry { get; init; }
}

/// <summary>A retry policy as the history's author knows it: after failure n the delay is <c>Base * Factor^(n-1)</c>, give or take the jitter, at most the cap.</summary>
/// <param name="Attempts">The budget of failed attempts.</param>
/// <param name="Base">The delay after the first failure.</param>
/// <param name="Factor">What each further failure multiplies it by.</param>
/// <param name="Cap">The longest delay.</param>
/// <param name="Jitter">The share of the delay that chance adds or takes.</param>
public sealed record RetryRule(int Attempts, TimeSpan Base, double Factor, TimeSpan Cap, double Jitter);

/// <summary>The kinds of consumer that a history tells apart.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConsumerType>))]
public enum ConsumerType
{
    /// <summary>Books one effect per message in its own database.</summary>
    Handler,

    /// <summary>Gets messages over HTTP, at least once.</summary>
    Endpoint,
}

/// <summary>An effect that a handler committed, as its database has it.</summary>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Row">The number of the row in order of insertion; grows within the consumer.</param>
/// <param name="Message">The message id.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Sequence">The number of the message within its subject.</param>
public sealed record Effect(string Consumer, long Row, string Message, string? Subject, long Sequence) : HistoryRecord
{
    /// <summary>The <see cref="BodyHash"/> of what the handler got.</summary>
    /// <value>Default <see langword="null"/>: not known.</value>
    public string? Body { get; init; }
}

/// <summary>A request that an HTTP receiver got. Written on arrival, before it is answered.</summary>
/// <param name="At">When.</param>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Message">The message id.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Sequence">The number of the message within its subject.</param>
/// <param name="Attempt">The number of the attempt, as the request says.</param>
/// <param name="Status">The status that it is about to answer; 0 for a hang or a reset.</param>
/// <param name="NotBefore">The end of the pause that it asks for with <c>Retry-After</c>, if it asks.</param>
public sealed record Received(
    DateTimeOffset At, string Consumer, string Message, string? Subject, long Sequence, int Attempt, int Status, DateTimeOffset? NotBefore) : HistoryRecord
{
    /// <summary>The <see cref="BodyHash"/> of what came.</summary>
    /// <value>Default <see langword="null"/>: not known.</value>
    public string? Body { get; init; }
}
