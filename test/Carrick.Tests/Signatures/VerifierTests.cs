using Carrick.Receiving;
using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Tests.Signatures;

/// <summary>Each reason for a refusal, and what several secrets, signatures and alternatives do.</summary>
public sealed class VerifierTests
{
    private const string Secret = "canary-secret-of-tests";
    private const string Whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string OtherWhsec = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private const string Whsk = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
    private const string Whpk = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
    private static readonly byte[] Body = Check.Bytes("{\"id\":1}");

    [Fact]
    public void Verify_WhatEachLacks_IsTheReason()
    {
        Assert.Equal(SignatureFailure.MissingSignature, Standard(headers => headers.Remove("webhook-signature")));
        Assert.Equal(SignatureFailure.MissingField, Standard(headers => headers.Remove("webhook-timestamp")));
        Assert.Equal(SignatureFailure.MissingField, Standard(headers => headers.Remove("webhook-id")));
        Assert.Equal(SignatureFailure.MalformedTimestamp, Standard(headers => headers["webhook-timestamp"] = "soon"));
        Assert.Equal(SignatureFailure.MalformedSignature, Standard(headers => headers["webhook-signature"] = "v1,xx"));
        Assert.Equal(SignatureFailure.DuplicateSignature, Standard(headers => headers["webhook-signature"] = new(["v1,a", "v1,b"])));
        Assert.Equal(SignatureFailure.Mismatch, Standard(headers => headers["webhook-id"] = "other"));
        Assert.Equal(SignatureFailure.None, Standard(_ => { }));
    }

    [Theory]
    [InlineData("standard-webhooks", "v1", Whsec, Whsec)]
    [InlineData("standard-webhooks", "v1a", Whsk, Whpk)]
    [InlineData("gitlab", "signing-token", Whsec, Whsec)]
    public void Verify_IdWithAFullStop_IsRefused(string name, string alternative, string signWith, string verifyWith)
    {
        // The same signed text, cut once behind "a" and once behind "a.1760000000".
        var genuine = Check.Bytes("1760000001.{}");
        var request = Check.Request(Check.Sign(Scheme(name), alternative, signWith, genuine, id: "a"), genuine);
        var verifier = Check.Verifier(Scheme(name), alternative, verifyWith);
        Assert.True(verifier.Verify(request, Check.Now).IsValid);

        request.Headers["webhook-id"] = "a.1760000000";
        request.Headers["webhook-timestamp"] = "1760000001";
        Assert.Equal(SignatureFailure.MissingField, verifier.Verify(request with { Body = Check.Bytes("{}") }, Check.Now).Failure);
        Assert.Throws<ArgumentException>(() => Check.Sign(Scheme(name), alternative, signWith, Body, id: "a.1760000000"));
    }

    [Fact]
    public void Verify_PublicKeyWithoutAField_IsTheReason()
    {
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1a", Whsk, Body), Body);
        var verifier = Check.Verifier(Scheme("standard-webhooks"), "v1a", Whpk);
        Assert.Equal("standard-webhooks/v1a#1", verifier.Verify(request, Check.Now).Text);
        request.Headers.Remove("webhook-id");
        Assert.Equal(SignatureFailure.MissingField, verifier.Verify(request, Check.Now).Failure);
    }

    [Fact]
    public void Verify_HashWithoutAField_IsTheReason()
    {
        var scheme = WebhookScheme.Parse("""
            { "name": "x", "kind": "hash", "algorithm": "sha512", "signature": { "header": "x-sig" }, "content": "{secret}{header.x-a}{body}" }
            """);
        var request = Check.Request(Check.Sign(scheme, "default", Secret, Body), Body);
        var verifier = Check.Verifier(scheme, "default", Secret);
        Assert.Equal("x/default#1", verifier.Verify(request, Check.Now).Text);
        request.Headers.Remove("x-a");
        Assert.Equal(SignatureFailure.MissingField, verifier.Verify(request, Check.Now).Failure);
    }

    [Fact]
    public void Verify_AfterARefusalHalfWay_StartsAfresh()
    {
        var verifier = Check.Verifier(Scheme("standard-webhooks"), "v1", Whsec);
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1", Whsec, Body, id: "msg_1"), Body);
        var without = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1", Whsec, Body, id: "msg_1"), Body);
        without.Headers.Remove("webhook-id");
        Assert.False(verifier.Verify(without, Check.Now).IsValid);
        Assert.True(verifier.Verify(request, Check.Now).IsValid);
    }

    [Fact]
    public void Verify_Twice_UsesOneMacAgain()
    {
        var verifier = Check.Verifier(Scheme("stripe"), "default", Secret);
        var request = Check.Request(Check.Sign(Scheme("stripe"), "default", Secret, Body), Body);
        var key = verifier.Verify(request, Check.Now).Key!;
        var mac = key.RentMac();
        key.ReturnMac(mac);
        Assert.True(verifier.Verify(request, Check.Now).IsValid);
        Assert.Same(mac, key.RentMac());
        Assert.NotSame(mac, key.RentMac());
    }

    [Fact]
    public void Verify_Alternative_AppliesOnlyToItsRequests()
    {
        var signed = Check.Sign(Scheme("hubspot"), "v1", Secret, Body);
        var verifier = Check.Verifier(Scheme("hubspot"), "v1", Secret);
        Assert.True(verifier.Verify(Check.Request(signed, Body), Check.Now).IsValid);
        var stronger = Check.Request(signed, Body);
        stronger.Headers["x-hubspot-signature-v3"] = "x";
        Assert.Equal(SignatureFailure.MissingSignature, verifier.Verify(stronger, Check.Now).Failure);
        var other = Check.Request(signed, Body);
        other.Headers["x-hubspot-signature-version"] = "v2";
        Assert.Equal(SignatureFailure.MissingSignature, verifier.Verify(other, Check.Now).Failure);
    }

    [Theory]
    [InlineData("Bearer wrong", null, SignatureFailure.Mismatch)]
    [InlineData(null, "wrong", SignatureFailure.Mismatch)]
    [InlineData("Basic wrong", null, SignatureFailure.MalformedSignature)]
    [InlineData("Basic wrong", "wrong", SignatureFailure.Mismatch)]
    [InlineData(null, null, SignatureFailure.MissingSignature)]
    [InlineData("Basic wrong", Secret, SignatureFailure.None)]
    [InlineData("Bearer " + Secret, "wrong", SignatureFailure.None)]
    public void Verify_SeveralAlternatives_ReportsTheOneThatCameFurthest(string? authorization, string? token, object failure)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        if (authorization is not null)
        {
            headers.Authorization = authorization;
        }

        if (token is not null)
        {
            headers["x-webhook-token"] = token;
        }

        Assert.Equal(failure, Source("token", [Secret], ["bearer", "header"]).Verify(new WebhookRequest("POST", "", headers, Body), Check.Now).Failure);
    }

    [Theory]
    [InlineData("someone:secret", "basic/default#1")]
    [InlineData("other:secret", "basic/default#2")]
    [InlineData("someone:secret2", "")]
    [InlineData("someone:secre", "")]
    [InlineData("", "")]
    public void Verify_Basic_NamesTheSecretThatMatched(string given, string text)
    {
        var headers = new HeaderDictionary { ["authorization"] = "Basic " + Convert.ToBase64String(Check.Bytes(given)) };
        var verdict = Check.Verifier(Scheme("basic"), "default", "someone:secret", "other:secret").Verify(new WebhookRequest("POST", "", headers, Body), Check.Now);
        Assert.Equal((text, text.Length > 0 ? SignatureFailure.None : SignatureFailure.Mismatch), (verdict.Text, verdict.Failure));
    }

    [Fact]
    public void Verify_BasicThatIsNotBase64_IsMalformed()
    {
        var headers = new HeaderDictionary { ["authorization"] = "Basic someone:secret" };
        Assert.Equal(
            SignatureFailure.MalformedSignature,
            Check.Verifier(Scheme("basic"), "default", "someone:secret").Verify(new WebhookRequest("POST", "", headers, Body), Check.Now).Failure);
    }

    [Theory]
    [InlineData("?bodySHA256=", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256=zz", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256={0}00", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256=00{0}", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256={1}", SignatureFailure.BodyHashMismatch)]
    [InlineData("?bodySHA256={0}", SignatureFailure.None)]
    [InlineData("?bodySHA256={0}&more", SignatureFailure.Mismatch)]
    public void Verify_BodyHashInTheUrl_MustBeThatOfTheBody(string query, object failure)
    {
        string Hash(byte[] body) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body));
        var signed = Check.Sign(Scheme("twilio"), "json", Secret, Body);
        var request = Check.Request(signed, Body) with { Query = query.Replace("{0}", Hash(Body), StringComparison.Ordinal).Replace("{1}", Hash([1]), StringComparison.Ordinal) };
        Assert.Equal(failure, Check.Verifier(Scheme("twilio"), "json", Secret).Verify(request, Check.Now).Failure);
    }

    [Fact]
    public void Verify_SignedUrl_TriesEachCandidateAndNeedsThePublicUrl()
    {
        var message = new WebhookMessage { Body = Check.Bytes("a=1"), Time = Check.Now, Url = new Uri("https://hooks.example.com:443/webhooks/x"), Alternative = "form", ContentType = "application/x-www-form-urlencoded" };
        var request = Check.Request(WebhookSigner.Sign(Scheme("twilio"), Secret, message), message.Body.ToArray());
        Assert.True(Check.Verifier(Scheme("twilio"), "form", Secret).Verify(request with { Query = "" }, Check.Now).IsValid);
        var elsewhere = Source("twilio", [Secret], ["form"], new Uri("https://hooks.example.org/webhooks/x"));
        Assert.Equal(SignatureFailure.Mismatch, elsewhere.Verify(request with { Query = "" }, Check.Now).Failure);
    }

    [Fact]
    public void Verify_FormOfTooManyFields_IsRefused()
    {
        var body = Check.Bytes(string.Join('&', Enumerable.Range(0, FormFields.MaxFields + 1).Select(i => $"f{i}=1")));
        var headers = new HeaderDictionary { ["content-type"] = "application/x-www-form-urlencoded", ["x-twilio-signature"] = Convert.ToBase64String(new byte[20]) };
        var verifier = Check.Verifier(Scheme("twilio"), "form", Secret);
        Assert.Equal(SignatureFailure.MissingField, verifier.Verify(new WebhookRequest("POST", "", headers, body), Check.Now).Failure);
        Assert.Equal(SignatureFailure.Mismatch, verifier.Verify(new WebhookRequest("POST", "", headers, Check.Bytes("a=1")), Check.Now).Failure);
    }

    [Theory]
    [InlineData("v1", Whsec, Whsec)]
    [InlineData("v1a", Whsk, Whpk)]
    public void Verify_SeveralSignatures_OneRightAnywhereIsEnough(string alternative, string signWith, string verifyWith)
    {
        var verifier = Check.Verifier(Scheme("standard-webhooks"), alternative, verifyWith);
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), alternative, signWith, Body), Body);
        var right = request.Headers["webhook-signature"].ToString();
        var wrong = alternative + "," + Convert.ToBase64String(new byte[alternative == "v1" ? 32 : 64]);
        foreach (var text in new[] { right, $"{right} {right}", $"{right} {wrong}", $"{wrong} {right}", $"{wrong} {right} {wrong}", $"{wrong} {wrong} {right}" })
        {
            request.Headers["webhook-signature"] = text;
            Assert.True(verifier.Verify(request, Check.Now).IsValid, text);
        }

        request.Headers["webhook-signature"] = $"{wrong} {wrong}";
        Assert.Equal(SignatureFailure.Mismatch, verifier.Verify(request, Check.Now).Failure);
    }

    [Fact]
    public void Verify_SeveralSecrets_NamesTheOneThatMatched()
    {
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1", Whsec, Body), Body);
        Assert.Equal("standard-webhooks/v1#1", Check.Verifier(Scheme("standard-webhooks"), "v1", Whsec, OtherWhsec).Verify(request, Check.Now).Text);
        Assert.Equal("standard-webhooks/v1#2", Check.Verifier(Scheme("standard-webhooks"), "v1", OtherWhsec, Whsec).Verify(request, Check.Now).Text);
        Assert.Equal(SignatureFailure.Mismatch, Check.Verifier(Scheme("standard-webhooks"), "v1", OtherWhsec).Verify(request, Check.Now).Failure);
    }

    [Fact]
    public void Verify_ToleranceOfTheSource_ReplacesTheSchemes()
    {
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1", Whsec, Body), Body);
        var strict = Source("standard-webhooks", [Whsec], ["v1"], tolerance: TimeSpan.FromSeconds(10));
        Assert.True(strict.Verify(request, Check.Now.AddSeconds(10)).IsValid);
        Assert.Equal(SignatureFailure.StaleTimestamp, strict.Verify(request, Check.Now.AddSeconds(11)).Failure);
        Assert.True(Source("standard-webhooks", [Whsec], ["v1"]).Verify(request, Check.Now.AddSeconds(300)).IsValid);
    }

    [Fact]
    public void Verify_ToleranceForASchemeWithoutTime_IsNoMatter()
    {
        var headers = new HeaderDictionary { ["x-webhook-token"] = Secret };
        var verifier = Source("token", [Secret], ["header"], tolerance: TimeSpan.FromSeconds(1));
        Assert.True(verifier.Verify(new WebhookRequest("POST", "", headers, Body), Check.Now).IsValid);
    }

    private static SignatureFailure Standard(Action<IHeaderDictionary> change)
    {
        var request = Check.Request(Check.Sign(Scheme("standard-webhooks"), "v1", Whsec, Body), Body);
        change(request.Headers);
        return Check.Verifier(Scheme("standard-webhooks"), "v1", Whsec).Verify(request, Check.Now).Failure;
    }

    private static SignatureVerifier Source(string scheme, string[] secrets, string[] accept, Uri? url = null, TimeSpan? tolerance = null) => WebhookSource.TryCreate(
        new WebhookSourceDefinition { Scheme = Scheme(scheme), Secrets = secrets, Accept = accept, PublicUrl = url ?? Check.Url, Tolerance = tolerance }, out var errors)?.Verifier
        ?? throw new InvalidOperationException(string.Join("; ", errors));

    private static WebhookScheme Scheme(string name) => WebhookScheme.TryGet(name, out var scheme) ? scheme : throw new ArgumentException(name);
}
