using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Carrick.Receiving;

/// <summary>Stops the start of an application whose webhook sources cannot work.</summary>
internal sealed class WebhookStartupCheck(IEnumerable<WebhookRegistration> registrations, WebhookSources sources, IOptions<WebhookReceivingOptions> options)
    : IHostedLifecycleService
{
    /// <exception cref="OptionsValidationException">A source or a limit is out of range; the message has every error.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var errors = options.Value.Validate().Select(error => $"Carrick:Receiving:{error}").ToList();
        foreach (var registration in registrations)
        {
            sources.Find(registration.Source, out var problems);
            errors.AddRange(problems.Select(problem => $"integration '{registration.Integration}': {problem}"));
        }

        return errors.Count == 0
            ? Task.CompletedTask
            : throw new OptionsValidationException(nameof(WebhookSourceDefinition), typeof(WebhookSourceDefinition), errors);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
