using System.Globalization;

namespace Carrick.Delivery;

/// <summary>
/// The values of the tag <c>http.response.status_code</c>, and of <c>error.type</c> where an answer is the error. The other side chooses the status, and each value is
/// a series of its own with all its buckets: those that say something by themselves keep their number, every other one counts with its class.
/// </summary>
internal static class StatusCodeTag
{
    private static readonly int[] Named =
    [
        200, 201, 202, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 425, 429, 500, 501, 502, 503, 504,
    ];

    private static readonly string[] Classes = ["other", "1xx_other", "2xx_other", "3xx_other", "4xx_other", "5xx_other"];

    private static readonly string[] Texts = [.. Enumerable.Range(0, 600).Select(Make)];

    /// <summary>All values.</summary>
    public static IEnumerable<string> All => Texts.Append(Classes[0]).Distinct();

    public static string Of(int status) => status is >= 0 and < 600 ? Texts[status] : Classes[0];

    private static string Make(int status) => Named.Contains(status) ? status.ToString(CultureInfo.InvariantCulture) : Classes[status / 100];
}
