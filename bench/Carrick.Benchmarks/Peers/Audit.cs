namespace Carrick.Benchmarks.Peers;

/// <summary>Acknowledgements beside effects.</summary>
internal sealed record Audit
{
    /// <summary>Messages that were acknowledged, each once.</summary>
    public required long Messages { get; init; }

    /// <summary>2xx answers: more than messages, because some were sent twice.</summary>
    public required long Acknowledgements { get; init; }

    public required long Effects { get; init; }

    /// <summary>Acknowledged, without an effect.</summary>
    public required long Lost { get; init; }

    /// <summary>With an effect, though never acknowledged.</summary>
    public required long Unknown { get; init; }

    /// <summary>With two effects or more.</summary>
    public required long Doubled { get; init; }

    /// <summary>With more effects than acknowledgements.</summary>
    public required long MoreThanSent { get; init; }

    /// <summary>What is wrong by the peer's own promise; <see langword="null"/> if nothing is.</summary>
    public string? Problem(Dedupe dedupe)
    {
        if (Messages == 0)
        {
            return "nothing was acknowledged";
        }

        if (Lost > 0 || Unknown > 0 || MoreThanSent > 0)
        {
            return $"{Lost} lost, {Unknown} never acknowledged, {MoreThanSent} done more often than sent";
        }

        return dedupe switch
        {
            Dedupe.Durable when Doubled > 0 => $"{Doubled} done twice",
            Dedupe.None when Effects != Acknowledgements => $"{Effects} effects of {Acknowledgements} copies",
            _ => null,
        };
    }
}
