namespace Carrick.TestServices.Processes;

/// <summary>Who services run as when the tests run as root, which PostgreSQL and PgBouncer refuse to do.</summary>
internal sealed record UnprivilegedUser(string Name, int Id, int Group)
{
    private const string Users = "/etc/passwd";

    /// <value><see langword="null"/> if the tests are not run as root.</value>
    public static UnprivilegedUser? Current { get; } = Environment.IsPrivilegedProcess ? Find("postgres") ?? Find("nobody") ?? throw None() : null;

    /// <summary>The command that runs another one as the user, in the same process.</summary>
    public static IEnumerable<string> Command(IEnumerable<string> command) =>
        Current is { } user ? ["setpriv", $"--reuid={user.Id}", $"--regid={user.Group}", "--clear-groups", .. command] : command;

    private static UnprivilegedUser? Find(string name) => File.ReadLines(Users)
        .Select(line => line.Split(':'))
        .Where(fields => fields.Length >= 4 && fields[0] == name)
        .Select(fields => new UnprivilegedUser(name, int.Parse(fields[2], null), int.Parse(fields[3], null)))
        .FirstOrDefault();

    private static InvalidOperationException None() => new($"The tests run as root, and {Users} has neither 'postgres' nor 'nobody' to run services as.");
}
