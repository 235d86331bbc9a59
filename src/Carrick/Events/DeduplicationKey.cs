using System.Buffers.Binary;
using System.Buffers.Text;

namespace Carrick;

/// <summary>
/// What tells an event from the others of its integration where its message id alone does not: because no signature covers the id, or because
/// nobody promises that it is unique. The digest of the body counts too, so that another body is another event.
/// </summary>
/// <param name="Text">The key: message id and digest as <see cref="Join"/> writes them, or the digest alone.</param>
/// <param name="Digest">The first 8 bytes of the digest.</param>
/// <param name="IsShared">Somebody who has seen the request can send the same body under another key, so a store looks for others with the same digest.</param>
/// <param name="EarlierId">The message id that alone was the key in databases of before; <see langword="null"/> if it is <paramref name="Text"/>.</param>
/// <param name="EarlierHash">What those databases keep of the body: the first 8 bytes of its SHA-256.</param>
internal sealed record DeduplicationKey(string Text, long Digest, bool IsShared, string? EarlierId, long EarlierHash)
{
    /// <summary>Stands between message id and digest. No message id holds it.</summary>
    public const char Separator = '\u001f';

    /// <summary>The character after <see cref="Separator"/>: all keys of a message id lie between the id with the one and the id with the other.</summary>
    public const char AfterSeparator = '\u0020';

    /// <summary>The key of a message id that counts together with a body.</summary>
    public static string Join(string messageId, ReadOnlySpan<byte> digest) => $"{messageId}{Separator}{Base64Url.EncodeToString(digest)}";

    /// <summary>What is kept of a digest to compare it with others.</summary>
    public static long Short(ReadOnlySpan<byte> digest) => BinaryPrimitives.ReadInt64BigEndian(digest);
}
