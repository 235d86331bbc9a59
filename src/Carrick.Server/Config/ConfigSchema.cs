namespace Carrick.Server.Config;

/// <summary>The published JSON Schema of <c>carrick.yaml</c>.</summary>
internal static class ConfigSchema
{
    private const string Resource = "carrick.schema.json";

    public static string Text
    {
        get
        {
            using var stream = typeof(ConfigSchema).Assembly.GetManifestResourceStream(Resource)
                ?? throw new InvalidOperationException($"The resource {Resource} is missing.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
