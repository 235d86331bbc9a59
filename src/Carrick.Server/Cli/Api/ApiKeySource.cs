namespace Carrick.Server.Cli.Api;

/// <summary>Finds the API key: a file, then <c>CARRICK_API_KEY</c>. It is no option, since other users can see a process's arguments.</summary>
internal static class ApiKeySource
{
    public const string Variable = "CARRICK_API_KEY";

    private const int MaxLength = 1_024;

    /// <summary>The key, or <see langword="null"/> if none is set.</summary>
    /// <exception cref="CliException">The file cannot be read, or the text cannot be a key.</exception>
    public static string? Read(string? file, Func<string, string?> environment)
    {
        var (text, from) = file is null ? (environment(Variable), Variable) : (LocalFile.ReadSecret(file, MaxLength, "--api-key-file"), "the file of --api-key-file");
        var key = text?.Trim();
        if (string.IsNullOrEmpty(key))
        {
            return file is null ? null : throw new CliException(new CliFailure(ExitCodes.Usage, "The file of --api-key-file is empty."));
        }

        return key.Length <= MaxLength && key.All(c => c is > ' ' and < '\x7f')
            ? key
            : throw new CliException(new CliFailure(ExitCodes.Usage, $"The API key from {from} is not valid.", "It is one line of letters, digits and '_'."));
    }
}
