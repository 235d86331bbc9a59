namespace Carrick.Server.Cli.Api;

/// <summary>Finds the server's URL: the option, then <c>CARRICK_SERVER</c>, then the default.</summary>
internal static class ApiAddress
{
    public const string Variable = "CARRICK_SERVER";

    public const string Default = "http://127.0.0.1:8420";

    /// <exception cref="CliException">It is not an absolute http or https URL without user info, query and fragment.</exception>
    public static Uri Resolve(string? option, Func<string, string?> environment)
    {
        var (text, from) = option is not null ? (option, "--server")
            : environment(Variable) is { Length: > 0 } variable ? (variable, Variable)
            : (Default, "the default");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri is not { Scheme: "http" or "https", Host.Length: > 0, UserInfo: "", Query: "", Fragment: "" })
        {
            throw new CliException(new CliFailure(ExitCodes.Usage, $"The server's URL from {from} is not valid.", $"Write it like {Default}."));
        }

        return new Uri(uri.AbsoluteUri.TrimEnd('/') + "/");
    }
}
