using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;

namespace Carrick.Benchmarks.Peers;

/// <summary>Carrick and its peers, as they stand in <c>bench/peers</c>.</summary>
internal static class PeerCatalog
{
    public const string Carrick = "carrick";

    private static readonly string[] Names = [Carrick, "insert", "hangfire", "pg-boss", "graphile-worker", "bullmq"];

    public static bool Knows(string name) => Names.Contains(name);

    /// <summary>Those that the settings name, and Carrick first: the others are compared with it.</summary>
    public static IReadOnlyList<Peer> Of(PeerSettings settings) =>
        [.. Names.Where(name => name == Carrick || settings.Peers.Count == 0 || settings.Peers.Contains(name)).Select(Make)];

    /// <summary>Kestrel and the signature alone: a limit of this machine.</summary>
    public static Peer BareKestrel() => new("bare Kestrel + HMAC", "") { Server = [.. Dotnet("insert", "Insert"), "bare"], Dedupe = Dedupe.None };

    private static Peer Make(string name) => name switch
    {
        Carrick => new Peer(name, typeof(PeerCatalog).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown")
        {
            Server = [.. Child.Self, "carrick-peer"],
            Dedupe = Dedupe.Durable,
            Order = "order by subject",
        },
        "insert" => new Peer(name, $"Npgsql {Nuget("Npgsql")}") { Server = Dotnet(name, "Insert"), Dedupe = Dedupe.Durable, Queues = false },
        "hangfire" => new Peer(name, $"Hangfire {Nuget("Hangfire.AspNetCore")}, Hangfire.PostgreSql {Nuget("Hangfire.PostgreSql")}")
        {
            Server = Dotnet(name, "Hangfire"),
            Dedupe = Dedupe.None,
        },
        "pg-boss" => Node(name, Dedupe.Durable) with { Order = "closest: policy singleton, one active job of a key" },
        "graphile-worker" => Node(name, Dedupe.WhilePending) with { Order = "16 named queues, keys spread over them" },
        "bullmq" => Node(name, Dedupe.Durable) with { NeedsRedis = true, Order = "closest without groups: 16 queues with a concurrency of 1, keys spread over them" },
        _ => throw new ArgumentException($"'{name}' is no peer.", nameof(name)),
    };

    private static Peer Node(string name, Dedupe dedupe)
    {
        var folder = Path.Combine(Repository.Peers, name);
        return new Peer(name, NpmVersions(folder))
        {
            Server = ["node", Path.Combine(folder, "server.mjs")],
            Worker = ["node", Path.Combine(folder, "worker.mjs")],
            NodeFolder = folder,
            Dedupe = dedupe,
        };
    }

    private static string[] Dotnet(string folder, string project) =>
        ["dotnet", Path.Combine(Repository.Peers, folder, "bin", Repository.Configuration, "net10.0", $"Carrick.Peers.{project}.dll")];

    private static string NpmVersions(string folder)
    {
        using var package = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "package.json")));
        return string.Join(", ", package.RootElement.GetProperty("dependencies").EnumerateObject().Select(item => $"{item.Name} {item.Value.GetString()}"));
    }

    private static string Nuget(string package) => XDocument.Load(Path.Combine(Repository.Root, "eng", "Directory.Packages.props"))
        .Descendants("PackageVersion").First(item => item.Attribute("Include")?.Value == package).Attribute("Version")!.Value;
}
