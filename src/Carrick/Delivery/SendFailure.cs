using System.Net.Sockets;
using System.Security.Authentication;
using Carrick.Retry;

namespace Carrick.Delivery;

/// <summary>Puts an exception of the HTTP stack into our own words. Pure.</summary>
/// <remarks>The stack's messages are not passed on, for they quote what the other side sent; only error codes and the verdict on a certificate are.</remarks>
internal static class SendFailure
{
    /// <summary>The result for an attempt that got no response. All of these may pass.</summary>
    public static AttemptResult From(Exception exception, string target)
    {
        var (type, words) = Describe(exception);
        var error = $"POST {target}: {words}.";
        return AttemptResult.Failure(FailureCategory.Transient, error) with { ErrorType = type, Summary = error };
    }

    private static (string Type, string Words) Describe(Exception exception)
    {
        if (Find<AuthenticationException>(exception) is { } tls)
        {
            return (DeliveryErrorType.Tls, $"TLS failed: {ErrorText.Clean(tls.Message).TrimEnd('.')}");
        }

        var socket = Find<SocketException>(exception)?.SocketErrorCode;
        return (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => NotResolved(socket),

            // The stack counts only an unknown host to the names; a name server that does not answer is a failed connection to it.
            HttpRequestError.ConnectionError when IsOfNames(socket) => NotResolved(socket),
            HttpRequestError.SecureConnectionError => (DeliveryErrorType.Tls, "TLS failed"),
            HttpRequestError.InvalidResponse => (DeliveryErrorType.MalformedResponse, "the response is not valid HTTP"),
            HttpRequestError.ConfigurationLimitExceeded => (DeliveryErrorType.MalformedResponse, "the response's headers are over 64 KB"),
            HttpRequestError.ResponseEnded => (DeliveryErrorType.Connection, "the connection was closed before the response was complete"),
            _ => (DeliveryErrorType.Connection, socket is { } code ? $"the connection failed ({code})" : "the connection failed"),
        };
    }

    private static (string Type, string Words) NotResolved(SocketError? error) =>
        (DeliveryErrorType.NameResolution, $"the host name was not resolved ({error})");

    private static bool IsOfNames(SocketError? error) =>
        error is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoRecovery or SocketError.NoData;

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }
}
