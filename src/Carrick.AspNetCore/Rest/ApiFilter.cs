using Carrick.Problems;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>Around every handler of the API: headers, failures, and parameters where none are taken.</summary>
internal sealed class ApiFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        ApiHeaders.Write(http);
        if (http.Request.Query.Count > 0 && http.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>()?.Items is null or { Count: 0 })
        {
            var query = new QueryReader(http);
            if (query.Errors.Count > 0)
            {
                return Problem.Invalid(query.Errors);
            }
        }

        return await ApiFailures.CatchAsync(http, async () => await next(context) as IResult);
    }
}
