using System.Globalization;

namespace Carrick.Signatures;

/// <summary>Checks the signed time against the window, on both sides.</summary>
internal static class TimestampCheck
{
    private const int MaxDigits = 15;

    public static SignatureFailure Check(TimestampPlan plan, in WebhookRequest request, in SignatureList signatures, DateTimeOffset now)
    {
        var text = plan.Header is null ? signatures.Item(plan.Item!) : HeaderText.Single(request.Headers, plan.Header);
        if (text is null)
        {
            return SignatureFailure.MissingField;
        }

        if (!TryParse(text, plan.Format, out var milliseconds))
        {
            return SignatureFailure.MalformedTimestamp;
        }

        // A sender that counts whole seconds is compared in whole seconds.
        var present = plan.Format == TimestampFormat.UnixSeconds ? now.ToUnixTimeSeconds() * 1000 : now.ToUnixTimeMilliseconds();
        var tolerance = (long)plan.Tolerance.TotalMilliseconds;
        return (present - milliseconds) switch
        {
            var age when age > tolerance => SignatureFailure.StaleTimestamp,
            var age when age < -tolerance => SignatureFailure.FutureTimestamp,
            _ => SignatureFailure.None,
        };
    }

    public static string Format(DateTimeOffset time, TimestampFormat format) => format switch
    {
        TimestampFormat.UnixSeconds => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        TimestampFormat.UnixMilliseconds => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
        TimestampFormat.HttpDate => time.ToString("R", CultureInfo.InvariantCulture),
        _ => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
    };

    private static bool TryParse(string text, TimestampFormat format, out long milliseconds)
    {
        milliseconds = 0;
        if (format is TimestampFormat.UnixSeconds or TimestampFormat.UnixMilliseconds)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || text.Length > MaxDigits)
            {
                return false;
            }

            milliseconds = format == TimestampFormat.UnixSeconds ? number * 1000 : number;
            return true;
        }

        var parsed = format == TimestampFormat.HttpDate
            ? DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            : TryIso(text, out time);
        milliseconds = time.ToUnixTimeMilliseconds();
        return parsed;
    }

    private static bool TryIso(string text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
}
