using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Storage.Rows;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Carrick.Tests.Signatures;

public sealed class VectorTests
{
    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Vector.All.Count)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_PublishedVector_Accepts(int index)
    {
        var vector = Vector.All[index];
        var verdict = Verify(vector, Convert.FromBase64String(vector.Body));
        Assert.True(verdict.IsValid, $"{vector}: {verdict.Failure}");
        Assert.Equal($"{vector.Scheme}/{vector.Alternative}#1", verdict.Text);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Verifier_PublishedVectorWithOtherBody_Rejects(int index)
    {
        var vector = Vector.All[index];
        Assert.False(Verify(vector, [.. Convert.FromBase64String(vector.Body), (byte)'x']).IsValid, vector.ToString());
    }

    [Fact]
    public void Vectors_All_AreLoaded() => Assert.True(Vector.All.Count >= 17, $"{Vector.All.Count}");

    private static SignatureVerdict Verify(Vector vector, byte[] body)
    {
        Assert.True(WebhookScheme.TryGet(vector.Scheme, out var scheme));
        var question = vector.Url?.IndexOf('?', StringComparison.Ordinal) ?? -1;
        var source = WebhookSource.TryCreate(new WebhookSourceDefinition
        {
            Scheme = scheme,
            Secrets = [vector.Secret],
            Accept = [vector.Alternative],
            PublicUrl = vector.Url is null ? null : new Uri(question < 0 ? vector.Url : vector.Url[..question]),
        }, out var errors);
        Assert.True(source is not null, string.Join("; ", errors));
        var headers = new HeaderDictionary();
        foreach (var (name, value) in vector.Headers)
        {
            headers[name] = value;
        }

        var request = new WebhookRequest(vector.Method, question < 0 ? "" : vector.Url![question..], headers, body);
        return source.Verifier.Verify(request, DateTimeOffset.FromUnixTimeSeconds(vector.Time));
    }
}
