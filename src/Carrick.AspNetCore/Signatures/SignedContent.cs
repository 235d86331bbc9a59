using System.Buffers;
using System.Text;

namespace Carrick.Signatures;

/// <summary>Writes what is signed, byte by byte as the provider did.</summary>
internal readonly struct SignedContent(ContentTemplate template, WebhookRequest request, SignatureList signatures, FormFields? form, string url)
{
    /// <returns><see langword="false"/> if a variable has no value: then nothing may match.</returns>
    public bool TryWrite<TSink>(ReadOnlySpan<byte> secret, ref TSink sink)
        where TSink : IContentSink
    {
        foreach (var segment in template.Segments)
        {
            switch (segment.Kind)
            {
                case SegmentKind.Literal:
                    sink.Append(segment.Literal);
                    break;
                case SegmentKind.Body:
                    sink.Append(request.Body.Span);
                    break;
                case SegmentKind.Secret:
                    sink.Append(secret);
                    break;
                case SegmentKind.SortedForm:
                    form!.WriteSorted(ref sink);
                    break;
                default:
                    if (Text(segment) is not { } text)
                    {
                        return false;
                    }

                    Append(text, ref sink);
                    break;
            }
        }

        return true;
    }

    private string? Text(Segment segment) => segment.Kind switch
    {
        SegmentKind.Method => request.Method,
        SegmentKind.Url => url,
        SegmentKind.DecodedUrl => PublicUrls.DecodeReserved(url),
        SegmentKind.Header => HeaderText.Single(request.Headers, segment.Name) is { } text && !(segment.Undotted && text.Contains('.', StringComparison.Ordinal)) ? text : null,
        _ => signatures.Item(segment.Name),
    };

    private static void Append<TSink>(string text, ref TSink sink)
        where TSink : IContentSink
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = null;
        var buffer = size <= 512 ? stackalloc byte[512] : rented = ArrayPool<byte>.Shared.Rent(size);
        sink.Append(buffer[..Encoding.UTF8.GetBytes(text, buffer)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
