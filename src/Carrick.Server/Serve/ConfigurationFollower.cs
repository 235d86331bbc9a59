using System.Text;
using Carrick.Hosting;
using Carrick.Server.Config;
using Carrick.Storage;

namespace Carrick.Server.Serve;

/// <summary>Puts in force what another node that shares the store has been given by <c>PUT /v1/config</c>.</summary>
internal sealed partial class ConfigurationFollower(
    IServiceProvider services, ICarrickEngine engine, IStore store, ActiveConfiguration active, Func<string, string?> environment, ILogger<ConfigurationFollower> logger)
{
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        await active.Applying.WaitAsync(cancellationToken);
        try
        {
            if (await store.Queries.ReadConfigurationAsync(cancellationToken) is not { } text || text == active.Document)
            {
                return;
            }

            var result = ConfigParser.Parse(Encoding.UTF8.GetBytes(text), "applied configuration", environment);
            var errors = result.Document is { } read ? RunningRules.Check(read, engine.Topology) : result.Errors;
            if (result.Document is not { } document || errors.Count > 0)
            {
                // The variables of this machine may differ, for one thing.
                LogRefused(string.Join(" ", errors.Select(error => error.ToString())));
                return;
            }

            await engine.ApplyAsync(document.Integrations, cancellationToken);
            OptionSections.SetRetention(services, document.Settings);
            active.Document = text;
            LogFollowed(document.Integrations.Count);
        }
        catch (ArgumentException exception)
        {
            LogRefused(exception.Message);
        }
        finally
        {
            active.Applying.Release();
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "A configuration with {Integrations} integrations, which another node was given, is in force.")]
    private partial void LogFollowed(int integrations);

    [LoggerMessage(5002, LogLevel.Error, "A configuration that another node was given cannot be used here; the last one stays in force. {Errors}")]
    private partial void LogRefused(string errors);
}
