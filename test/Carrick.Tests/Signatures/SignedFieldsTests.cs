using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Signatures;

public sealed class SignedFieldsTests
{
    [Theory]
    [InlineData("'content':'{body}'", "json.id", true)]
    [InlineData("'content':'{body}'", "json.items[].id", true)]
    [InlineData("'content':'{body}'", "body.sha256", true)]
    [InlineData("'content':'{body}'", "header.x-id", false)]
    [InlineData("'content':'{body}'", "query.id", false)]
    [InlineData("'content':'{body}'", "form.id", false)]
    [InlineData("'content':'{body}'", "form.payload:json.id", false)]
    [InlineData("'content':'{body}','applies':['content-type == application/x-www-form-urlencoded']", "form.id", true)]
    [InlineData("'content':'{body}','applies':['content-type == application/x-www-form-urlencoded']", "form.payload:json.id", true)]
    [InlineData("'content':'{body}','applies':['header.x-id == one']", "form.id", false)]
    [InlineData("'content':'{header.Content-Type}.{body}'", "form.id", true)]
    [InlineData("'content':'{header.X-Id}.{body}'", "header.x-id", true)]
    [InlineData("'content':'{header.x-id|undotted}.{body}'", "header.x-id", true)]
    [InlineData("'content':'{header.x-other}.{body}'", "header.x-id", false)]
    [InlineData("'content':'{url}{body}'", "query.id", true)]
    [InlineData("'content':'{url|hubspot-decode}{body}'", "query.id", true)]
    [InlineData("'content':'{method}{body}'", "query.id", false)]
    [InlineData("'content':'{url}','bodyHash':{'query':'hash'}", "json.id", true)]
    [InlineData("'content':'{url}{form*sorted}'", "json.id", false)]
    [InlineData("'content':'{url}{form*sorted}'", "body.sha256", false)]
    [InlineData("'content':'{url}{form*sorted}','applies':['content-type == application/x-www-form-urlencoded']", "form.id", true)]
    [InlineData("'content':'{header.x-hash}','bodyHash':{'query':'hash'}", "json.id", false)]
    [InlineData("'content':'{header.x-id}','integrity':'none'", "header.x-id", false)]
    [InlineData("'content':'{header.x-id}','integrity':'partial'", "header.x-id", true)]
    [InlineData("'content':'{header.x-id}','integrity':'partial'", "json.id", false)]
    [InlineData("'content':'{body}','integrity':'weak'", "json.id", false)]
    [InlineData("'content':'{body}','integrity':'none'", "json.id", false)]
    public void Covers_FieldOfAScheme_IsWhatItsContentHolds(string scheme, string field, bool expected)
    {
        var json = $"{{'name':'x','kind':'mac','algorithm':'hmac-sha256','signature':{{'header':'x-s'}},{scheme}}}".Replace('\'', '"');
        var plan = WebhookScheme.Parse(json).Plan;

        Assert.Equal(expected, SignedFields.Covers(plan.Alternatives[0], FieldReference.TryParse(field)!));
    }

    [Theory]
    [InlineData("token")]
    [InlineData("basic")]
    public void Covers_SharedSecret_CoversNothing(string name)
    {
        Assert.True(WebhookScheme.TryGet(name, out var scheme));

        Assert.DoesNotContain(
            scheme.Plan.Alternatives,
            alternative => new[] { "header.x-id", "query.id", "json.id", "body.sha256", "form.id" }.Any(field => SignedFields.Covers(alternative, FieldReference.TryParse(field)!)));
    }
}
