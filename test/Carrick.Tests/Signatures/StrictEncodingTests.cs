using System.Buffers.Text;
using Carrick.Signatures;
using CsCheck;

namespace Carrick.Tests.Signatures;

public sealed class StrictEncodingTests
{
    [Theory]
    [InlineData(TextEncoding.Hex, "00ff10", true)]
    [InlineData(TextEncoding.Hex, "00FF10", true)]
    [InlineData(TextEncoding.Hex, "", false)]
    [InlineData(TextEncoding.Hex, "00ff", false)]
    [InlineData(TextEncoding.Hex, "00ff1", false)]
    [InlineData(TextEncoding.Hex, "00ff1000", false)]
    [InlineData(TextEncoding.Hex, "00ff1g", false)]
    [InlineData(TextEncoding.Hex, "g0ff10", false)]
    [InlineData(TextEncoding.Hex, "00 f10", false)]
    [InlineData(TextEncoding.Base64, "AP8Q", true)]
    [InlineData(TextEncoding.Base64, "", false)]
    [InlineData(TextEncoding.Base64, "AP8=", false)]
    [InlineData(TextEncoding.Base64, "AP8QAP8Q", false)]
    [InlineData(TextEncoding.Base64, "AP8Q ", false)]
    [InlineData(TextEncoding.Base64, "AP 8Q", false)]
    [InlineData(TextEncoding.Base64, "AP8-", false)]
    [InlineData(TextEncoding.Base64Url, "AP8Q", true)]
    [InlineData(TextEncoding.Base64Url, "AP8_", true)]
    [InlineData(TextEncoding.Base64Url, "AP8/", false)]
    [InlineData(TextEncoding.Base64Url, "AP8", false)]
    [InlineData(TextEncoding.Base64Url, "AP8QAP8Q", false)]
    [InlineData(TextEncoding.Base64Url, "AP8Q ", false)]
    [InlineData(TextEncoding.Base64Url, "", false)]
    [InlineData(TextEncoding.Utf8, "abc", false)]
    public void TryDecode_ThreeBytes_TakesOneSpellingOnly(object encoding, string text, bool taken)
    {
        Span<byte> bytes = stackalloc byte[3];
        Assert.Equal(taken, StrictEncoding.TryDecode(text, (TextEncoding)encoding, bytes));
    }

    [Theory]
    [InlineData(TextEncoding.Base64, "AP8=", true)]
    [InlineData(TextEncoding.Base64, "AP9=", false)]
    [InlineData(TextEncoding.Base64, "AP8", false)]
    [InlineData(TextEncoding.Base64, "AP8Q", false)]
    [InlineData(TextEncoding.Base64, "AA==", false)]
    [InlineData(TextEncoding.Base64, " AP8", false)]
    [InlineData(TextEncoding.Base64Url, "AP8", true)]
    [InlineData(TextEncoding.Base64Url, "AP9", false)]
    [InlineData(TextEncoding.Base64Url, "AP8=", false)]
    public void TryDecode_TwoBytes_RefusesStrayBitsAndPadding(object encoding, string text, bool taken)
    {
        Span<byte> bytes = stackalloc byte[2];
        Assert.Equal(taken, StrictEncoding.TryDecode(text, (TextEncoding)encoding, bytes));
    }

    [Theory]
    [InlineData(TextEncoding.Utf8, "s\u00e9 ", "73c3a920")]
    [InlineData(TextEncoding.Hex, "00fF", "00ff")]
    [InlineData(TextEncoding.Hex, "00f", null)]
    [InlineData(TextEncoding.Hex, "0g", null)]
    [InlineData(TextEncoding.Base64, "AP8=", "00ff")]
    [InlineData(TextEncoding.Base64, "AP8", null)]
    [InlineData(TextEncoding.Base64, "AP9=", null)]
    [InlineData(TextEncoding.Base64, "AP 8=", null)]
    [InlineData(TextEncoding.Base64, "!", null)]
    [InlineData(TextEncoding.Base64Url, "AP8", "00ff")]
    [InlineData(TextEncoding.Base64Url, "AP8=", null)]
    [InlineData(TextEncoding.Base64Url, "AP9", null)]
    [InlineData(TextEncoding.Base64Url, "_-8", "ffef")]
    [InlineData(TextEncoding.Base64Url, "/+8", null)]
    [InlineData(TextEncoding.Base64, "/+8=", "ffef")]
    [InlineData(TextEncoding.Base64, "_-8=", null)]
    public void TryDecodeSecret_Text_IsTheBytesOrNothing(object encoding, string text, string? hex)
    {
        var bytes = StrictEncoding.TryDecodeSecret(text, (TextEncoding)encoding);
        Assert.Equal(hex, bytes is null ? null : Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void TryDecode_AnyBytes_ReadsWhatWasWritten() => Gen.Byte.Array[1, 64].Sample(bytes =>
    {
        foreach (var encoding in new[] { TextEncoding.Hex, TextEncoding.Base64, TextEncoding.Base64Url })
        {
            var text = encoding switch
            {
                TextEncoding.Hex => Convert.ToHexString(bytes),
                TextEncoding.Base64 => Convert.ToBase64String(bytes),
                _ => Base64Url.EncodeToString(bytes),
            };
            var decoded = new byte[bytes.Length];
            Assert.True(StrictEncoding.TryDecode(text, encoding, decoded));
            Assert.Equal(bytes, decoded);
            Assert.Equal(bytes, StrictEncoding.TryDecodeSecret(text, encoding));
        }
    });
}
