using BenchmarkDotNet.Attributes;
using Carrick.Receiving;
using Carrick.Signatures;

namespace Carrick.Benchmarks.Micro;

/// <summary>Reading id and type of an event out of its body. What is allocated must not grow with the body.</summary>
[MemoryDiagnoser]
public class MappingBenchmarks
{
    private SignedSample? _sample;
    private EventMapper? _mapper;
    private SignatureVerdict _verdict;

    [Params("standard-webhooks", "stripe")]
    public string Scheme { get; set; } = "";

    [Params(1_024, 16_384, 262_144)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _sample = new SignedSample(Scheme, Size);
        WebhookScheme.TryGet(Scheme, out var scheme);
        _mapper = new EventMapper(new WebhookSourceDefinition { Scheme = scheme! });
        _verdict = _sample.Verify();
    }

    [Benchmark]
    public int Map() => _mapper!.Map("bench", _sample!.Request, _verdict, []).Count;
}
