using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Carrick.OpenApi;

/// <summary>The published document, made once: routes do not change while the process runs. Thread-safe.</summary>
internal sealed class OpenApiDocuments(IServiceProvider services) : IDisposable
{
    private readonly SemaphoreSlim _making = new(1, 1);
    private Texts? _texts;

    public async ValueTask<Texts> ReadAsync(CancellationToken cancellationToken)
    {
        if (_texts is { } ready)
        {
            return ready;
        }

        await _making.WaitAsync(cancellationToken);
        try
        {
            return _texts ??= await MakeAsync(cancellationToken);
        }
        finally
        {
            _making.Release();
        }
    }

    public void Dispose() => _making.Dispose();

    private async Task<Texts> MakeAsync(CancellationToken cancellationToken)
    {
        var provider = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(OpenApiSetup.DocumentName);
        var document = await provider.GetOpenApiDocumentAsync(cancellationToken);
        return new Texts(
            await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken),
            await document.SerializeAsYamlAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken));
    }

    internal sealed record Texts(string Json, string Yaml);
}
