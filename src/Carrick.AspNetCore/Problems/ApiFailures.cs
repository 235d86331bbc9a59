using Carrick.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Problems;

/// <summary>Turns what the engine and the store throw into answers; exceptions are never shown.</summary>
internal static partial class ApiFailures
{
    private static readonly TimeSpan StoreRetryAfter = TimeSpan.FromSeconds(5);

    public static async ValueTask<IResult?> CatchAsync(HttpContext context, Func<Task<IResult?>> action)
    {
        try
        {
            return await action();
        }
        catch (EngineFullException exception)
        {
            return Problem.Of(ProblemCode.EngineFull, exception.Message, exception.RetryAfter);
        }
        catch (QueryRefusedException exception)
        {
            return Problem.Of(exception.IsTooSlow ? ProblemCode.SearchTooSlow : ProblemCode.SearchesBusy, exception.Message, exception.RetryAfter);
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Data)
        {
            LogStore(Logger(context), context.Request.Method, context.GetEndpoint()?.DisplayName, exception.Failure, exception);
            return Problem.Of(ProblemCode.Unstorable);
        }
        catch (StoreException exception)
        {
            LogStore(Logger(context), context.Request.Method, context.GetEndpoint()?.DisplayName, exception.Failure, exception);
            return Problem.Of(ProblemCode.StoreUnavailable, retryAfter: StoreRetryAfter);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
        catch (Exception exception) when (exception is not BadHttpRequestException)
        {
            LogInternal(Logger(context), context.Request.Method, context.GetEndpoint()?.DisplayName, exception);
            return Problem.Of(ProblemCode.Internal);
        }
    }

    private static ILogger Logger(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Carrick.Http");

    [LoggerMessage(4010, LogLevel.Warning, "{Method} {Endpoint}: the store failed ({Failure})")]
    private static partial void LogStore(ILogger logger, string method, string? endpoint, StoreFailure failure, Exception exception);

    [LoggerMessage(4011, LogLevel.Error, "{Method} {Endpoint} failed")]
    private static partial void LogInternal(ILogger logger, string method, string? endpoint, Exception exception);
}
