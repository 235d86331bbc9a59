namespace Carrick.Authentication;

/// <summary>The scopes of API keys; each includes the ones before it.</summary>
public static class ApiScope
{
    /// <summary>See events, deliveries and configuration, payloads included.</summary>
    public const string Read = "read";

    /// <summary>Publish, retry, discard, replay, enable and disable.</summary>
    public const string Operate = "operate";

    /// <summary>Manage keys and configuration, read the audit log.</summary>
    public const string Admin = "admin";

    /// <summary>All scopes, the smallest first.</summary>
    public static IReadOnlyList<string> All { get; } = [Read, Operate, Admin];

    /// <summary>Whether the text is a scope.</summary>
    public static bool IsScope(string? text) => text is Read or Operate or Admin;

    internal static bool Covers(IReadOnlyList<string> granted, string required)
    {
        var needed = Rank(required);
        foreach (var scope in granted)
        {
            if (Rank(scope) >= needed)
            {
                return true;
            }
        }

        return false;
    }

    // An unknown scope in a store written by a later version grants nothing.
    private static int Rank(string scope) => scope switch { Read => 1, Operate => 2, Admin => 3, _ => 0 };
}
