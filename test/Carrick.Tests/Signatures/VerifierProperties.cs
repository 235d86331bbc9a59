using Carrick.Signatures;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Signatures;

public sealed class VerifierProperties
{
    private static readonly Gen<byte[]> Bodies = Gen.Byte.Array[1, 200];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Check.Alternatives.Count)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_SignedBySigner_Accepts(int index)
    {
        var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
        var verifier = Check.Verifier(scheme, alternative, verifyWith);
        Bodies.Sample(body =>
            Assert.Equal($"{scheme.Name}/{alternative}#1", verifier.Verify(Check.Request(Check.Sign(scheme, alternative, signWith, body), body), Check.Now).Text), iter: 50);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_AnyBitOfTheBodyFlipped_Rejects(int index)
    {
        var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
        if (Plan(scheme, alternative).Integrity == BodyIntegrity.None)
        {
            Assert.Empty(Plan(scheme, alternative).Content.Segments);
            return;
        }

        var verifier = Check.Verifier(scheme, alternative, verifyWith);

        // Letters only: in a form two spellings can mean one text, and both are then the same signed content.
        var bodies = Plan(scheme, alternative).ReadsForm ? Gen.Char['a', 'z'].Array[1, 50].Select(letters => Check.Bytes("k=" + new string(letters))) : Bodies;
        Gen.Select(bodies, Gen.Int[0, 100_000]).Sample((body, at) =>
        {
            var signed = Check.Sign(scheme, alternative, signWith, body);
            var flipped = (byte[])body.Clone();
            var bit = at % (body.Length * 8);
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(verifier.Verify(Check.Request(signed, flipped), Check.Now).IsValid);
        }, iter: 100);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_AnyBitOfASignedHeaderFlipped_Rejects(int index)
    {
        var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
        var plan = Plan(scheme, alternative);
        var verifier = Check.Verifier(scheme, alternative, verifyWith);
        var body = Check.Bytes("a=1");
        var signed = Check.Sign(scheme, alternative, signWith, body);
        var names = plan.Content.Segments.Where(segment => segment.Kind == SegmentKind.Header).Select(segment => segment.Name).Append(plan.Signature.Header).Distinct();
        foreach (var name in names)
        {
            var value = signed.Headers.Single(header => header.Key == name).Value;
            for (var bit = 0; bit < value.Length * 7; bit++)
            {
                var characters = value.ToCharArray();
                characters[bit / 7] ^= (char)(1 << (bit % 7));
                var changed = new string(characters);
                if (SameSignature(plan, value, changed, name))
                {
                    continue;
                }

                var request = Check.Request(signed, body);
                request.Headers[name] = changed;
                Assert.False(verifier.Verify(request, Check.Now).IsValid, $"{name}: {changed}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_OtherSecret_Rejects(int index)
    {
        var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
        var other = verifyWith.StartsWith("whpk_", StringComparison.Ordinal)
            ? "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
            : verifyWith.StartsWith("whsec_", StringComparison.Ordinal) ? "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" : verifyWith + "x";
        var body = Check.Bytes("a=1");
        var request = Check.Request(Check.Sign(scheme, alternative, signWith, body), body);
        Assert.False(Check.Verifier(scheme, alternative, other).Verify(request, Check.Now).IsValid);
        Assert.Equal($"{scheme.Name}/{alternative}#2", Check.Verifier(scheme, alternative, other, verifyWith).Verify(request, Check.Now).Text);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_TimeOutsideTheWindow_Rejects(int index)
    {
        var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
        if (Plan(scheme, alternative).Timestamp is null)
        {
            return;
        }

        var verifier = Check.Verifier(scheme, alternative, verifyWith);
        var body = Check.Bytes("{}");
        SignatureFailure At(double seconds) => verifier.Verify(
            Check.Request(Check.Sign(scheme, alternative, signWith, body, time: Check.Now.AddSeconds(seconds)), body), Check.Now).Failure;
        Assert.Equal(SignatureFailure.None, At(-300));
        Assert.Equal(SignatureFailure.None, At(300));
        Assert.Equal(SignatureFailure.StaleTimestamp, At(-301));
        Assert.Equal(SignatureFailure.FutureTimestamp, At(301));
    }

    private static AlternativePlan Plan(WebhookScheme scheme, string alternative) => scheme.Plan.Alternatives.Single(plan => plan.Name == alternative);

    /// <summary>Hex digits of the other case, and the case of an authentication scheme, spell the same.</summary>
    private static bool SameSignature(AlternativePlan plan, string before, string after, string name)
    {
        if (name != plan.Signature.Header || !string.Equals(before, after, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var at = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        var text = plan.Signature.Grammar switch
        {
            SignatureGrammar.Prefix => plan.Signature.Prefix.Length,
            SignatureGrammar.List => before.LastIndexOf(plan.Signature.Assign) + 1,
            _ => 0,
        };
        return at < text ? plan.Signature.Prefix.EndsWith(' ') : plan.Signature.Encoding == TextEncoding.Hex;
    }
}
