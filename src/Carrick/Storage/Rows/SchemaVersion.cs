using System.Globalization;

namespace Carrick.Storage.Rows;

/// <summary>Which schemas a program can use. A version is the number of the newest script that has run, 0 for none.</summary>
internal static class SchemaVersion
{
    /// <summary>The number that a script's name begins with.</summary>
    public static int Of(string script) => int.Parse(script.AsSpan(0, 4), CultureInfo.InvariantCulture);

    /// <exception cref="StoreException">The schema is newer than the program.</exception>
    public static void RefuseNewer(int version, string store, int newest)
    {
        if (version > newest)
        {
            throw new StoreException(
                $"The schema of '{store}' has version {version}, newer than this program's {newest}. Use a newer program.", StoreFailure.Configuration);
        }
    }

    /// <exception cref="StoreException">The schema is not exactly the program's.</exception>
    public static void Require(int version, string store, int newest)
    {
        RefuseNewer(version, store, newest);
        if (version < newest)
        {
            throw new StoreException(
                $"The schema of '{store}' has version {version}; this program needs {newest}. Run the migrations first.", StoreFailure.Configuration);
        }
    }
}
