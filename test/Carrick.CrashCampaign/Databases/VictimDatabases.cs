using System.Data.Common;
using Carrick.CrashCampaign.Victim;
using Carrick.Handlers;
using Carrick.Hosting;

namespace Carrick.CrashCampaign.Databases;

/// <summary>Where a victim keeps its events and its handlers book, and how the campaign looks at it.</summary>
internal abstract class VictimDatabases
{
    public static VictimDatabases Of(VictimSettings settings) =>
        settings.Postgres is { } connectionString ? new PostgresDatabases(settings, connectionString) : new SqliteDatabases(settings);

    /// <summary>The places that hold effects, without doubles.</summary>
    public abstract IReadOnlyList<string> EffectPlaces { get; }

    /// <summary>Chooses the store and the handlers' database.</summary>
    public abstract void Use(CarrickBuilder carrick);

    /// <summary>A handler database beside the engine's, for a handler that is to have one of its own.</summary>
    public abstract IHandlerDatabase MakeOwn();

    /// <summary>An open connection to the events, for reading.</summary>
    public abstract DbConnection OpenStore();

    /// <summary>An open connection to a place of effects.</summary>
    public abstract DbConnection OpenEffects(string place);

    /// <summary>The place in which a handler books.</summary>
    public abstract string PlaceOf(string consumer);

    /// <summary>Makes the tables of the handlers if they are missing.</summary>
    public abstract Task CreateTablesAsync();

    protected static IHandlerDatabase Make(Action<CarrickBuilder> choose)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddCarrick(choose);
        return builder.Services.BuildServiceProvider().GetRequiredService<IHandlerDatabase>();
    }

    protected static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using (connection)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync();
        }
    }
}
