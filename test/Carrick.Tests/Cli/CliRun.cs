using System.Text;
using Carrick.Server.Cli;

namespace Carrick.Tests.Cli;

/// <summary>Runs the command line in this process.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error, byte[] Raw)
{
    public const string Key = "ck_0123456789ABCDEFGHJKMNPQRS_ABCDEF";

    public static Task<CliRun> ExecuteAsync(FakeServer server, params string[] args) => ExecuteAsync(server.Url, Key, args);

    public static async Task<CliRun> ExecuteAsync(string? url, string? key, string[] args, bool terminal = false)
    {
        var (output, error, raw) = (new StringWriter(), new StringWriter(), new MemoryStream());
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["CARRICK_SERVER"] = url,
            ["CARRICK_API_KEY"] = key,
            ["SECRET"] = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ["BASIC"] = "user:password-0123456789",
        };
        var host = new CliHost { Output = output, Error = error, RawOutput = raw, Terminal = terminal, Environment = variables.GetValueOrDefault };
        var code = await new CliApp(host).RunAsync(args, Xunit.TestContext.Current.CancellationToken);
        return new CliRun(code, output.ToString(), error.ToString(), raw.ToArray());
    }

    public override string ToString() => new StringBuilder().Append(ExitCode).Append('\n').Append(Output).Append('\n').Append(Error).ToString();
}
