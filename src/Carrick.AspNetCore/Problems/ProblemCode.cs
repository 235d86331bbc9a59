namespace Carrick.Problems;

/// <summary>The kinds of error that the API answers: a closed list; codes are never renamed.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">For people; the same for every occurrence.</param>
internal sealed record ProblemCode(string Code, int Status, string Title)
{
    public static readonly ProblemCode BadRequest = new("bad_request", 400, "The request is not valid.");
    public static readonly ProblemCode InvalidJson = new("invalid_json", 400, "The body is not the JSON that is expected here.");
    public static readonly ProblemCode InvalidConfiguration = new("invalid_configuration", 400, "The configuration is not valid.");
    public static readonly ProblemCode KeyRequired = new("key_required", 401, "A valid API key is required.");
    public static readonly ProblemCode ScopeMissing = new("scope_missing", 403, "The API key does not have the scope that is needed.");
    public static readonly ProblemCode NotFound = new("not_found", 404, "There is no such thing here.");
    public static readonly ProblemCode MethodNotAllowed = new("method_not_allowed", 405, "The method is not allowed here.");
    public static readonly ProblemCode Conflict = new("conflict", 409, "The state does not allow it.");
    public static readonly ProblemCode BodyTooLarge = new("body_too_large", 413, "The body is too large.");
    public static readonly ProblemCode UnsupportedMediaType = new("unsupported_media_type", 415, "The body must be application/json.");
    public static readonly ProblemCode Unstorable = new("unstorable", 422, "The database refuses a value of the request.");
    public static readonly ProblemCode TooManyFailures = new("too_many_failures", 429, "Too many failed authentications from this address.");
    public static readonly ProblemCode Internal = new("internal", 500, "The request failed for a reason that is logged.");
    public static readonly ProblemCode EngineFull = new("engine_full", 503, "The engine cannot take this now.");
    public static readonly ProblemCode SearchesBusy = new("searches_busy", 503, "Too many searches wait for the database.");
    public static readonly ProblemCode SearchTooSlow = new("search_too_slow", 503, "The search took longer than one may.");
    public static readonly ProblemCode StoreUnavailable = new("store_unavailable", 503, "The store cannot be used now.");

    public static IReadOnlyList<ProblemCode> All { get; } =
    [
        BadRequest, InvalidJson, InvalidConfiguration, KeyRequired, ScopeMissing, NotFound, MethodNotAllowed, Conflict, BodyTooLarge, UnsupportedMediaType,
        Unstorable, TooManyFailures, Internal, EngineFull, SearchesBusy, SearchTooSlow, StoreUnavailable,
    ];

    /// <summary>The URI of RFC 9457's <c>type</c>; a name, not an address.</summary>
    public string Type => "urn:carrick:problem:" + Code;
}
