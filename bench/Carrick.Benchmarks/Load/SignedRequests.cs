using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Carrick.Storage.Rows;

namespace Carrick.Benchmarks.Load;

/// <summary>
/// Requests signed by Standard Webhooks, as bytes. All have one length; only message id, signature, and in the body key and failures differ, so
/// a connection keeps one buffer and writes four fields into it. Signed before the run, so that signing takes no time from it.
/// </summary>
internal sealed class SignedRequests
{
    public const string Secret = "whsec_" + SecretBase64;
    public const int BodySize = 1_024;
    private const string SecretBase64 = "Y2Fycmljay1iZW5jaG1hcmtzLXNpZ25pbmcta2V5LTE=";
    private const int IdSize = 28;
    private const int NumberSize = 8;
    private const int SignatureSize = 44;
    private const int KeySize = 5;
    private const int FailuresSize = 1;
    private const int FieldsSize = IdSize + SignatureSize + KeySize + FailuresSize;
    private const string BodyStart = """{"type":"invoice.paid","timestamp":"2026-01-01T00:00:00Z","data":{"id":"in_1","customer":"cus_""";
    private const string BodyMiddle = "\",\"fails\":";
    private const string BodyEnd = ",\"amount\":1200,\"note\":\"";

    private readonly byte[] _fields;
    private readonly byte[] _template;
    private readonly byte[] _content;
    private readonly int _idAt;
    private readonly int _signatureAt;
    private readonly int _bodyAt;
    private readonly ulong _seed;

    public SignedRequests(string path, int count, KeyPlan plan)
    {
        Plan = plan;
        _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var body = Body();
        var head = $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {BodySize}\r\n"
            + $"User-Agent: benchmark\r\nwebhook-timestamp: {timestamp}\r\nwebhook-id: ";
        _idAt = head.Length;
        head += new string('-', IdSize) + "\r\nwebhook-signature: v1,";
        _signatureAt = head.Length;
        head += new string('-', SignatureSize) + "\r\n\r\n";
        _bodyAt = head.Length;
        _template = [.. Encoding.ASCII.GetBytes(head), .. body];
        _content = [.. Encoding.ASCII.GetBytes($"{new string('-', IdSize)}.{timestamp}."), .. body];
        _fields = new byte[checked(count * FieldsSize)];
        for (var i = 0; i < count; i++)
        {
            Sign(i, _fields.AsSpan(i * FieldsSize, FieldsSize));
        }
    }

    public KeyPlan Plan { get; }

    public int Size => _template.Length;

    public byte[] NewBuffer() => (byte[])_template.Clone();

    /// <summary>Makes <paramref name="buffer"/> the request of this number.</summary>
    public void Write(int number, byte[] buffer)
    {
        var at = number * FieldsSize;
        if (at + FieldsSize > _fields.Length)
        {
            throw new InvalidOperationException("More requests were sent than signed.");
        }

        var fields = _fields.AsSpan(at, FieldsSize);
        fields[..IdSize].CopyTo(buffer.AsSpan(_idAt));
        fields.Slice(IdSize, SignatureSize).CopyTo(buffer.AsSpan(_signatureAt));
        CopyToBody(fields[(IdSize + SignatureSize)..], buffer.AsSpan(_bodyAt));
    }

    /// <summary>The number that a message id was made of.</summary>
    public static int NumberOf(string id) => int.Parse(id.AsSpan(id.Length - NumberSize), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>The message id of this number.</summary>
    public string Id(int number) => Encoding.ASCII.GetString(_fields, number * FieldsSize, IdSize);

    public int Count => _fields.Length / FieldsSize;

    public static byte[] Body()
    {
        var start = BodyStart + new string('0', KeySize) + BodyMiddle + new string('0', FailuresSize) + BodyEnd;
        return Encoding.ASCII.GetBytes(start + new string('x', BodySize - start.Length - 3) + "\"}}");
    }

    /// <summary>Key and failures to their places.</summary>
    private static void CopyToBody(ReadOnlySpan<byte> fields, Span<byte> body)
    {
        fields[..KeySize].CopyTo(body[BodyStart.Length..]);
        fields[KeySize..].CopyTo(body[(BodyStart.Length + KeySize + BodyMiddle.Length)..]);
    }

    // Random to the index on message ids, as those of most senders are.
    private void Sign(int number, Span<byte> fields)
    {
        var id = $"msg_{Mix(_seed + (ulong)number):x16}{number:x8}";
        Encoding.ASCII.GetBytes(id, fields);
        fields[..IdSize].CopyTo(_content);
        var inBody = fields[(IdSize + SignatureSize)..];
        Encoding.ASCII.GetBytes($"{Plan.KeyOf(number):d5}{Plan.FailuresOf(number):d1}", inBody);
        CopyToBody(inBody, _content.AsSpan(_content.Length - BodySize));
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Key, _content, mac);
        Base64.EncodeToUtf8(mac, fields[IdSize..], out _, out _);
    }

    /// <summary>The bytes of <see cref="Secret"/>.</summary>
    public static byte[] Key { get; } = Convert.FromBase64String(SecretBase64);

    /// <summary>A number that looks like chance, the same each time.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
