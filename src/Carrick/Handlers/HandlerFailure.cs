using System.Text;
using Carrick.Delivery;
using Carrick.Retry;

namespace Carrick.Handlers;

/// <summary>Turns what a handler threw into a result. An exception is the handler's own code, so that its texts may throw too. Pure.</summary>
internal static class HandlerFailure
{
    private const int LongestError = 4_096;
    private const int LongestMessage = 300;

    // A body shorter than this is a word that any text may have.
    private const int ShortestBody = 16;
    private const int LongestBody = 16 * 1024;

    public static AttemptResult From(Exception exception, FailureCategory category, EventRecord record) =>
        AttemptResult.Failure(category, Describe(exception)) with { Summary = Summarize(exception, record) };

    /// <summary>The exception in full, with its stack.</summary>
    public static string Describe(Exception exception) => Cut(Try(exception.ToString, exception), LongestError);

    /// <summary>Its type and its message on one line, without the event's body if it quotes that.</summary>
    public static string Summarize(Exception exception, EventRecord record)
    {
        var message = Try(() => exception.Message, exception);
        if (record.Body.Length is >= ShortestBody and <= LongestBody)
        {
            message = Redactor.Redact(message, [Encoding.UTF8.GetString(record.Body.Span)]);
        }

        return Cut($"{exception.GetType().FullName}: {ErrorText.Clean(message)}", LongestMessage);
    }

    private static string Try(Func<string> text, Exception exception)
    {
        try
        {
            return text();
        }
        catch (Exception failure)
        {
            return $"{exception.GetType().FullName} (its text cannot be read: {failure.GetType().Name})";
        }
    }

    private static string Cut(string text, int longest) =>
        text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
}
