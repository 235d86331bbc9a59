using System.Text;
using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Tests.Signatures;

public sealed class AllocationTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Uri Url = new("https://example.test/webhooks/a");

    public static TheoryData<string, string> Requests => new()
    {
        { "standard-webhooks", "application/json" },
        { "stripe", "application/json" },
        { "github", "application/json" },
        { "slack", "application/json" },
        { "shopify", "application/json" },
        { "hubspot", "application/json" },
        { "gitlab", "application/json" },
        { "zoom", "application/json" },
        { "meta", "application/json" },
        { "twilio", "application/json" },
        { "twilio", "application/x-www-form-urlencoded" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void Verify_OfALargeBody_AllocatesAsMuchAsOfASmallOne(string scheme, string contentType)
    {
        var (small, large) = (Allocated(scheme, contentType, 1_024), Allocated(scheme, contentType, 131_072));

        Assert.InRange(large - small, -256, 256);
    }

    private static long Allocated(string name, string contentType, int size)
    {
        Assert.True(WebhookScheme.TryGet(name, out var scheme));
        var secret = name switch
        {
            "standard-webhooks" or "gitlab" => "whsec_Y2Fycmljay1iZW5jaG1hcmtzLXNpZ25pbmcta2V5LTE=",
            _ => "a-secret-of-tests-0123456789abcdef",
        };
        var body = Body(contentType, size);
        var signed = WebhookSigner.Sign(
            scheme!, secret, new WebhookMessage { Body = body, Time = Time, Id = "msg_1", Type = "orders/create", Url = Url, ContentType = contentType });
        var headers = new HeaderDictionary();
        foreach (var (header, value) in signed.Headers)
        {
            headers.Append(header, value);
        }

        var url = signed.Url ?? Url;
        var request = new WebhookRequest("POST", url.Query, headers, body);
        var verifier = new SignatureVerifier(name, SchemeKeys.Make(scheme!.Plan, null, [secret], []), Url.OriginalString, null);
        var least = long.MaxValue;

        // The first runs fill the pools and compile.
        for (var run = 0; run < 20; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var verdict = verifier.Verify(request, Time);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(verdict.IsValid, verdict.Failure.ToString());
        }

        return least;
    }

    private static byte[] Body(string contentType, int size)
    {
        if (contentType == "application/json")
        {
            return Encoding.ASCII.GetBytes("{\"id\":\"evt_1\",\"note\":\"" + new string('x', size) + "\"}");
        }

        var form = new StringBuilder();
        for (var i = 0; form.Length < size; i++)
        {
            form.Append(i == 0 ? "" : "&").Append("Field").Append(i).Append("=value").Append(i);
        }

        return Encoding.ASCII.GetBytes(form.ToString());
    }
}
