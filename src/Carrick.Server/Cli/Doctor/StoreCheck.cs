using Carrick.Server.Serve;

namespace Carrick.Server.Cli.Doctor;

/// <summary>Looks at the store that a connection string names: it asks for what every server asks for at its start.</summary>
internal static class StoreCheck
{
    public static async Task<DoctorCheck> RunAsync(ServerSettings settings, CancellationToken cancellationToken)
    {
        if (settings.ConnectionString is null)
        {
            return DoctorCheck.Skip("store", "no connection string; it is the database in the data directory");
        }

        try
        {
            await StoreAccess.CheckAsync(settings, cancellationToken);
            await StoreAccess.ReadConfigurationAsync(settings, cancellationToken);
            return DoctorCheck.Ok("store", "it can be read, and is as a server needs it");
        }
        catch (StoreException exception)
        {
            return DoctorCheck.Fail("store", exception.Message, "Check host, database and role, and that it runs; 'carrick migrate' makes the schema.");
        }
    }
}
