using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Tests.Signatures;

public sealed class SignatureListTests
{
    private static readonly AlternativePlan Listed = Plan(""" "grammar": "list", "separator": ";", "assign": ":", "item": "v1" """);
    private static readonly AlternativePlan Bare = Plan(""" "grammar": "bare" """);
    private static readonly AlternativePlan PrefixThatDoesNotCount = Plan(""" "grammar": "bare", "prefix": "v1=" """);
    private static readonly string Digest = new('a', 64);

    [Fact]
    public void TryRead_AbsentOrEmptyHeader_IsMissing()
    {
        Assert.Equal(SignatureFailure.MissingSignature, Read(Bare, out _));
        Assert.Equal(SignatureFailure.MissingSignature, Read(Bare, out _, ""));
        Assert.Equal(SignatureFailure.MissingSignature, SignatureList.TryRead(new HeaderDictionary { ["y"] = "x" }, Bare.Signature, out _));
    }

    [Theory]
    [InlineData(SignatureFailure.None, "a", "a")]
    [InlineData(SignatureFailure.None, "a", "a", "a")]
    [InlineData(SignatureFailure.DuplicateSignature, "a", "b")]
    [InlineData(SignatureFailure.DuplicateSignature, "a", "a", "b")]
    [InlineData(SignatureFailure.DuplicateSignature, "a", "A")]
    public void TryRead_SeveralLines_MustBeTheSame(object failure, params string[] lines) => Assert.Equal(failure, Read(Bare, out _, lines));

    [Theory]
    [InlineData("sha=", "sha=abc", "abc")]
    [InlineData("sha=", "sha=", "")]
    [InlineData("sha=", "SHA=abc", null)]
    [InlineData("sha=", "abc", null)]
    [InlineData("sha=", "abcsha=", null)]
    [InlineData("Sig ", "Sig abc", "abc")]
    [InlineData("Sig ", "sIG abc", "abc")]
    [InlineData("Sig ", "Sig", null)]
    [InlineData("Sig ", "Sug abc", null)]
    public void TryRead_Prefix_IsNeeded(string prefix, string text, string? rest)
    {
        var failure = Read(Plan($$""" "grammar": "prefix", "prefix": "{{prefix}}" """), out var list, text);
        Assert.Equal(rest is null ? SignatureFailure.MalformedSignature : SignatureFailure.None, failure);
        Assert.Equal(rest, rest is null ? null : list.First);
    }

    [Fact]
    public void First_OtherGrammars_IsTheWholeText()
    {
        Read(Bare, out var list, " a=b,c ");
        Assert.Equal(" a=b,c ", list.First);
        Read(PrefixThatDoesNotCount, out list, "v1=abc");
        Assert.Equal("v1=abc", list.First);
    }

    [Theory]
    [InlineData("t:1;v1:2", "t", "1")]
    [InlineData("v1:2;t:1", "t", "1")]
    [InlineData("t:1;t:1", "t", "1")]
    [InlineData("t:1;t:2", "t", null)]
    [InlineData("t:1;t:1;t:2", "t", null)]
    [InlineData("t:", "t", "")]
    [InlineData("t:;t:1", "t", null)]
    [InlineData("t:a:b", "t", "a:b")]
    [InlineData("t;T:1; t:1;tt:1;:1", "t", null)]
    [InlineData(":1", "", "1")]
    public void Item_Named_IsItsOnlyValue(string text, string name, string? value)
    {
        Read(Listed, out var list, text);
        Assert.Equal(value, list.Item(name));
    }

    [Fact]
    public void Decode_List_TakesTheWellFormedOfTheItemInOrder()
    {
        Read(Listed, out var list, $"v0:{Digest};v1:zz;v1:{new string('b', 64)};v1;v1:{Digest}00;V1:{Digest};v1:{Digest}");
        Span<byte> decoded = stackalloc byte[32 * 3];
        Assert.Equal(2, list.Decode(Listed, decoded));
        Assert.Equal(new string('b', 64) + Digest + new string('0', 64), Convert.ToHexStringLower(decoded));
    }

    [Fact]
    public void Decode_ItemWithoutName_IsTheTextAfterTheAssign()
    {
        Read(Listed, out var list, $":{Digest}");
        Assert.Equal(0, list.Decode(Listed, new byte[32]));
    }

    [Theory]
    [InlineData(63, 1)]
    [InlineData(64, 0)]
    [InlineData(200, 0)]
    public void Decode_ManyItems_LooksAtTheFirst64(int before, int found)
    {
        Read(Listed, out var list, string.Concat(Enumerable.Repeat("v1:x;v0:y;", before)) + "v1:" + Digest);
        Assert.Equal(found, list.Decode(Listed, new byte[32 * SignatureList.MaxSignatures]));
    }

    [Fact]
    public void Decode_SixtyFourWellFormed_FitsAll()
    {
        Read(Listed, out var list, string.Join(';', Enumerable.Repeat("v1:" + Digest, 65)));
        Assert.Equal(64, list.Decode(Listed, new byte[32 * 64]));
    }

    [Fact]
    public void Decode_BareOrPrefixed_IsOneOrNone()
    {
        var prefixed = Plan(""" "grammar": "prefix", "prefix": "v1=" """);
        var decoded = new byte[64];
        Read(prefixed, out var list, "v1=" + Digest);
        Assert.Equal(1, list.Decode(prefixed, decoded));
        Assert.Equal(Digest + new string('0', 64), Convert.ToHexStringLower(decoded));
        Read(prefixed, out list, "v1=z" + Digest);
        Assert.Equal(0, list.Decode(prefixed, decoded));
        Read(PrefixThatDoesNotCount, out list, "v1=" + Digest);
        Assert.Equal(0, list.Decode(PrefixThatDoesNotCount, decoded));
        Read(Bare, out list, Digest);
        Assert.Equal(1, list.Decode(Bare, decoded));
        Read(Bare, out list, "v1=" + Digest);
        Assert.Equal(0, list.Decode(Bare, decoded));
    }

    private static SignatureFailure Read(AlternativePlan plan, out SignatureList list, params string[] lines)
    {
        var headers = new HeaderDictionary();
        if (lines.Length > 0)
        {
            headers["x-sig"] = lines;
        }

        return SignatureList.TryRead(headers, plan.Signature, out list);
    }

    private static AlternativePlan Plan(string signature) => WebhookScheme.Parse($$"""
        { "name": "x", "kind": "mac", "algorithm": "hmac-sha256", "signature": { "header": "x-sig", {{signature}} }, "content": "{body}" }
        """).Plan.Alternatives[0];
}
