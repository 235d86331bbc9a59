using System.Text.Json;

namespace Carrick.CrashCampaign.Victim;

/// <summary>What the campaign tells the process that it kills.</summary>
/// <param name="Directory">Where the databases are.</param>
/// <param name="Receiver">The base URL of the receivers.</param>
/// <param name="Seed">The seed of failing handlers.</param>
/// <param name="Handlers">Where handlers book.</param>
/// <param name="Sabotage">A fault to have.</param>
/// <param name="Postgres">The connection string of a PostgreSQL server, or <see langword="null"/> for SQLite.</param>
internal sealed record VictimSettings(string Directory, Uri Receiver, int Seed, HandlerPlace Handlers, Sabotage Sabotage, string? Postgres)
{
    public const string Mode = "victim";

    /// <summary>The exit code when another process owns the store.</summary>
    public const int OwnedCode = 9;

    public const string Integration = "orders";
    public const string Ledger = "orders/ledger";
    public const string Audit = "orders/audit";
    public const string Erp = "orders/erp";
    public const string Flaky = "orders/flaky";

    // Made for this program; it guards nothing.
    public const string Secret = "whsec_Y2FycmljayBjcmFzaCBjYW1wYWlnbiBzZWNyZXQh";

    public string StorePath => Path.Combine(Directory, "carrick.db");

    public string OwnPath => Path.Combine(Directory, "carrick.handlers.db");

    public static VictimSettings Parse(string json) =>
        JsonSerializer.Deserialize<VictimSettings>(json) ?? throw new ArgumentException("The settings are null.", nameof(json));

    public string Format() => JsonSerializer.Serialize(this);
}
