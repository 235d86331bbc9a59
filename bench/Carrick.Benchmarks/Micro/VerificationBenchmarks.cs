using BenchmarkDotNet.Attributes;

namespace Carrick.Benchmarks.Micro;

/// <summary>Signature verification by scheme and size. What is allocated must not grow with the body.</summary>
[MemoryDiagnoser]
public class VerificationBenchmarks
{
    private SignedSample? _sample;

    [Params("standard-webhooks", "stripe", "github", "slack", "shopify", "hubspot", "gitlab", "zoom", "meta", "twilio")]
    public string Scheme { get; set; } = "";

    [Params(1_024, 16_384, 262_144)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Sign() => _sample = new SignedSample(Scheme, Size);

    [Benchmark]
    public bool Verify() => _sample!.Verify().IsValid;
}
