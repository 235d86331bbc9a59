using System.Security.Cryptography;

namespace Carrick.Server.Demo;

/// <summary>Secrets of one run.</summary>
internal sealed record DemoSecrets(string Stripe, string GitHub, string Forger, string Delivery)
{
    public static DemoSecrets Create() => new("whsec_" + Text(), Text(), "whsec_" + Text(), "whsec_" + Text());

    public override string ToString() => nameof(DemoSecrets);

    private static string Text() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
