using System.Globalization;
using Carrick.Diagnostics;
using Carrick.Integrations;
using Carrick.Retry;
using Microsoft.Extensions.Logging;

namespace Carrick.Delivery;

/// <summary>Posts events over HTTP. Thread-safe; one for all endpoints.</summary>
/// <remarks>
/// The status decides, and a 2xx is the receiver's word: its body is not waited for, since another attempt would deliver the event twice.
/// Of a failure's body the first 4 KB are read, within the time-out, to tell why.
/// </remarks>
/// <param name="http">See <see cref="EndpointHttpClient"/>; not disposed.</param>
/// <param name="time">The clock of time-outs, signatures and <c>Retry-After</c>.</param>
/// <param name="logger">Gets one line per attempt, at debug level.</param>
internal sealed partial class EndpointSender(HttpMessageInvoker http, TimeProvider time, ILogger<EndpointSender> logger) : IEndpointSender
{
    private readonly ILogger _logger = logger.Guarded();

    /// <inheritdoc/>
    public async ValueTask<AttemptResult> SendAsync(EndpointDefinition endpoint, EventRecord record, int attempt, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        var result = await AttemptAsync(endpoint, record, attempt, stopping).ConfigureAwait(false);
        LogAttempt(_logger, attempt, record.Id, endpoint.Name, result.Category, result.StatusCode, time.GetElapsedTime(started));
        if (result.Category is not (FailureCategory.None or FailureCategory.Cancelled or FailureCategory.Throttled))
        {
            LogFailed(_logger, endpoint.Name, attempt, record.Id, result.Summary);
        }

        return result;
    }

    private async ValueTask<AttemptResult> AttemptAsync(EndpointDefinition endpoint, EventRecord record, int attempt, CancellationToken stopping)
    {
        var target = ErrorText.Target(endpoint.Url);
        var (request, signature, error) = EndpointRequest.Create(endpoint, record, attempt, time.GetUtcNow());
        if (request is null)
        {
            return Failed(FailureCategory.Permanent, $"POST {target}: {error}.", DeliveryErrorType.InvalidRequest);
        }

        using var timeout = new CancellationTokenSource(endpoint.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        using (request)
        {
            try
            {
                using var response = await http.SendAsync(request, either.Token).ConfigureAwait(false);
                var receivedAt = time.GetUtcNow();
                return response.IsSuccessStatusCode
                    ? AttemptResult.Success((int)response.StatusCode)
                    : await RefusedAsync(response, receivedAt, endpoint, target, signature, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return Failed(FailureCategory.Cancelled, $"POST {target}: stopped by our own shutdown.", DeliveryErrorType.Cancelled);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                return TimedOut(target, string.Create(CultureInfo.InvariantCulture, $"no response within {endpoint.Timeout.TotalSeconds} s"));
            }
            catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException)
            {
                return TimedOut(target, "no connection in time");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                return SendFailure.From(exception, target);
            }
        }
    }

    private static async ValueTask<AttemptResult> RefusedAsync(
        HttpResponseMessage response, DateTimeOffset receivedAt, EndpointDefinition endpoint, string target, string? signature, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var retryAfter = response.Headers.NonValidated.TryGetValues("Retry-After", out var lines) ? RetryAfterHeader.Read(lines, receivedAt) : null;
        var category = ResponseClassifier.Classify(status, retryAfter is not null, endpoint.TransientStatuses);
        var body = await FailureBody.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        var said = Redactor.Redact(body, Redactor.Secrets(endpoint.Url, endpoint.SigningSecrets, endpoint.Headers, signature));
        var summary = $"POST {target}: HTTP {status}{Redirect(response)}.";
        return Failed(category, said.Length == 0 ? summary : $"{summary} {said}", status.ToString(CultureInfo.InvariantCulture)) with
        {
            // What the endpoint said is kept with the attempt, and goes into no log.
            Summary = summary,
            StatusCode = status,
            RetryAfter = ResponseClassifier.HonoursRetryAfter(category) ? retryAfter : null,
        };
    }

    private static string Redirect(HttpResponseMessage response) => (int)response.StatusCode is >= 300 and <= 399
        ? $", a redirect{(response.Headers.Location is { IsAbsoluteUri: true } location ? $" to host {ErrorText.Clean(location.IdnHost)}" : "")}, not followed"
        : "";

    private static AttemptResult TimedOut(string target, string words) =>
        Failed(FailureCategory.Transient, $"POST {target}: timed out, {words}.", DeliveryErrorType.Timeout);

    private static AttemptResult Failed(FailureCategory category, string error, string errorType) =>
        AttemptResult.Failure(category, error) with { ErrorType = errorType, Summary = error };
}
