using System.Text;
using Carrick.Server.Config;

namespace Carrick.Tests.Config;

internal static class ConfigHarness
{
    public const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    public static ConfigResult Parse(string yaml, params (string Name, string Value)[] environment) =>
        Parse(Encoding.UTF8.GetBytes(yaml), environment);

    public static ConfigResult Parse(byte[] yaml, params (string Name, string Value)[] environment)
    {
        var variables = environment.ToDictionary(variable => variable.Name, variable => variable.Value);
        return ConfigParser.Parse(yaml, "carrick.yaml", name => variables.GetValueOrDefault(name));
    }

    public static string Errors(string yaml, params (string Name, string Value)[] environment) =>
        string.Join('\n', Parse(yaml, environment).Errors);

    /// <summary>A file with one endpoint that has these lines.</summary>
    public static string Endpoint(params string[] lines) =>
        "integrations:\n  a:\n    deliver:\n      - name: x\n        url: http://127.0.0.1/\n" + string.Concat(lines.Select(line => "        " + line + "\n"));
}
