namespace Carrick.Server.Config;

/// <summary>One thing wrong with a configuration: where, what, and what to do. Never holds a secret or the value of an environment variable.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Key">The path of the key, such as <c>integrations.billing.deliver[0].url</c>; empty for the whole file.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
/// <param name="Remedy">What to do, as a sentence.</param>
internal sealed record ConfigError(string File, long Line, long Column, string Key, string Message, string Remedy)
{
    public override string ToString() =>
        Key.Length == 0 ? $"{File}:{Line}:{Column}: {Message} {Remedy}" : $"{File}:{Line}:{Column}: {Key}: {Message} {Remedy}";
}
