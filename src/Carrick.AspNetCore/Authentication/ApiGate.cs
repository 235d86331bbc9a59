using System.Diagnostics.Metrics;
using Carrick.Diagnostics;
using Carrick.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Carrick.Authentication;

/// <summary>Lets a request through if its key covers the scope; otherwise answers 401, 403 or 429.</summary>
/// <remarks>
/// It wraps the endpoint instead of using the authentication middleware, so that it holds whatever the host application
/// composes, and never changes the host's own schemes and defaults.
/// </remarks>
internal sealed partial class ApiGate
{
    private const string Scheme = "Bearer ";
    private readonly ApiKeys _keys;
    private readonly AuthenticationThrottle _throttle;
    private readonly ILogger<ApiGate> _logger;
    private readonly GuardedCounter _failures;

    public ApiGate(ApiKeys keys, AuthenticationThrottle throttle, IMeterFactory meters, ILogger<ApiGate> logger)
    {
        (_keys, _throttle, _logger) = (keys, throttle, logger);
        _failures = new(
            meters.Create(MeterNames.Carrick).CreateCounter<long>("carrick.security.auth_failures", "{request}", "Requests with an API key that was refused, by reason."),
            new ListenerGuard(logger));
    }

    public async Task InvokeAsync(HttpContext context, string scope, RequestDelegate next)
    {
        var problem = await ApiFailures.CatchAsync(context, () => RefuseAsync(context, scope));
        if (problem is null)
        {
            await next(context);
            return;
        }

        await problem.ExecuteAsync(context);
    }

    private async Task<IResult?> RefuseAsync(HttpContext context, string scope)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return Challenge(context, null);
        }

        var verdict = header is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? await _keys.CheckAsync(value[Scheme.Length..].Trim(), context.RequestAborted)
            : ApiKeyVerdict.Refused("malformed");

        // A key that can be guessed stops the start, so a valid one passes also from an address that is slowed: a stranger
        // behind the same proxy must not lock its owner out.
        var wait = verdict.Caller is null ? _throttle.Wait(context.Connection.RemoteIpAddress) : TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
        {
            _failures.Add(1, new KeyValuePair<string, object?>("reason", "throttled"));
            return Problem.Of(ProblemCode.TooManyFailures, retryAfter: wait);
        }

        if (verdict.Caller is null)
        {
            _failures.Add(1, new KeyValuePair<string, object?>("reason", verdict.Failure));
            if (_throttle.Fail(context.Connection.RemoteIpAddress))
            {
                LogThrottled(context.Connection.RemoteIpAddress);
            }

            return Challenge(context, "invalid_token");
        }

        if (!ApiScope.Covers(verdict.Caller.Scopes, scope))
        {
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"carrick\", error=\"insufficient_scope\", scope=\"{scope}\"";
            return Problem.Of(ProblemCode.ScopeMissing, $"The key needs the scope '{scope}'.");
        }

        context.User = verdict.Caller.ToPrincipal();
        return null;
    }

    private static Problem Challenge(HttpContext context, string? error)
    {
        context.Response.Headers.WWWAuthenticate = error is null ? "Bearer realm=\"carrick\"" : $"Bearer realm=\"carrick\", error=\"{error}\"";
        return Problem.Of(ProblemCode.KeyRequired, error is null
            ? "Send an API key: 'Authorization: Bearer ck_...'."
            : "The API key is not valid.");
    }
}
