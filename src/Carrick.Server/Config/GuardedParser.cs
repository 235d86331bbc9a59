using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Carrick.Server.Config;

/// <summary>A YAML parser that has one kind of failure. Some malformed documents make the library fail as if its caller were wrong.</summary>
internal sealed class GuardedParser(IParser inner) : IParser
{
    public ParsingEvent? Current => inner.Current;

    /// <exception cref="YamlException">The document is no YAML.</exception>
    public bool MoveNext()
    {
        try
        {
            return inner.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or OverflowException or IndexOutOfRangeException or NullReferenceException)
        {
            var at = inner.Current?.End ?? Mark.Empty;
            throw new YamlException(at, at, "The document is no YAML.", exception);
        }
    }
}
