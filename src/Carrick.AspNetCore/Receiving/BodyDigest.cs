using System.Security.Cryptography;
using System.Text.Json;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>
/// The SHA-256 of what is signed of a body: requests that nobody can tell from each other but by what the sender does not sign, or by its count of attempts, have one digest.
/// </summary>
/// <param name="sortsForm">The signature covers the fields of a form in an order of its own, not the bytes.</param>
/// <param name="attempt">A field to leave out, or <see langword="null"/>.</param>
internal sealed class BodyDigest(bool sortsForm, FieldReference? attempt)
{
    /// <summary>Every digest is that of the bytes as they are.</summary>
    public bool IsOfBytes => !sortsForm && attempt is null;

    public void Write(ReadOnlySpan<byte> body, string items, Span<byte> digest)
    {
        if (sortsForm && FormFields.TryRead(body) is { } form)
        {
            using (form)
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var sink = new HashSink(hash);
                form.WriteSorted(ref sink);
                hash.GetHashAndReset(digest);
            }
        }
        else if (attempt is not null && attempt.Items == items && Find(body, attempt) is var (start, end))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(body[..start]);
            hash.AppendData(body[end..]);
            hash.GetHashAndReset(digest);
        }
        else
        {
            SHA256.HashData(body, digest);
        }
    }

    /// <summary>Where the value of the field stands.</summary>
    private static (int Start, int End)? Find(ReadOnlySpan<byte> body, FieldReference field)
    {
        var json = FieldReader.WithoutByteOrderMark(body);
        var offset = body.Length - json.Length;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonFieldSet.MaxDepth });
        try
        {
            return reader.Read() && Enter(ref reader, field)
                ? (offset + (int)reader.TokenStartIndex, offset + (int)End(reader))
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Enter(ref Utf8JsonReader reader, FieldReference field)
    {
        foreach (var step in field.Steps)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (true)
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.EndObject)
                {
                    return false;
                }

                var named = reader.ValueTextEquals(step.Name);
                reader.Read();
                if (named)
                {
                    break;
                }

                reader.Skip();
            }
        }

        return true;
    }

    private static long End(Utf8JsonReader reader)
    {
        reader.Skip();
        return reader.BytesConsumed;
    }
}
