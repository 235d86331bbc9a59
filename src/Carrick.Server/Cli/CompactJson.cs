using System.Text;
using System.Text.Json;

namespace Carrick.Server.Cli;

/// <summary>JSON on one line, in ASCII.</summary>
internal static class CompactJson
{
    public static string Write(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
