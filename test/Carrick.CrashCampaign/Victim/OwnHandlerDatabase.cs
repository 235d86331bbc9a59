using Carrick.Handlers;
using Carrick.Hosting;

namespace Carrick.CrashCampaign.Victim;

/// <summary>A handler database beside the default one, for a handler that is to have a file of its own.</summary>
internal static class OwnHandlerDatabase
{
    public static IHandlerDatabase Make(string path)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddCarrick(carrick => carrick.UseSqliteHandlerDatabase($"Data Source={path}"));
        return builder.Services.BuildServiceProvider().GetRequiredService<IHandlerDatabase>();
    }
}
