using System.Data.Common;
using Carrick.CrashCampaign.Victim;
using Carrick.Handlers;
using Carrick.Hosting;
using Npgsql;

namespace Carrick.CrashCampaign.Databases;

/// <summary>One database of a server that the campaign has started: the engine's tables in one schema, ledger and outbox of other handlers in a second, effects in a third.</summary>
internal sealed class PostgresDatabases(VictimSettings settings, string connectionString) : VictimDatabases
{
    private const string Effects = "campaign";

    // Handlers name their table without a schema.
    private readonly string _settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = Effects }.ConnectionString;

    public override IReadOnlyList<string> EffectPlaces => [Effects];

    public override void Use(CarrickBuilder carrick)
    {
        if (settings.Handlers == HandlerPlace.Own)
        {
            UseOwn(carrick);
        }

        carrick.UsePostgres(_settings);
    }

    public override IHandlerDatabase MakeOwn() => Make(UseOwn);

    public override DbConnection OpenStore() => Open("carrick");

    public override DbConnection OpenEffects(string place) => Open(place);

    public override string PlaceOf(string consumer) => Effects;

    public override Task CreateTablesAsync() => ExecuteAsync(
        Open(Effects),
        // Two servers may start at once, and CREATE ... IF NOT EXISTS is not safe against itself.
        $"""
        SELECT pg_advisory_xact_lock(hashtext('{Effects}'));
        CREATE SCHEMA IF NOT EXISTS {Effects};
        CREATE TABLE IF NOT EXISTS {Effects}.effects (
            row      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            consumer text NOT NULL,
            message  text NOT NULL,
            subject  text NOT NULL,
            sequence bigint NOT NULL,
            body     text NOT NULL
        );
        """);

    private void UseOwn(CarrickBuilder carrick) => carrick.UsePostgresHandlerDatabase(_settings, options => options.Schema = "handlers");

    private NpgsqlConnection Open(string schema)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = schema, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }
}
