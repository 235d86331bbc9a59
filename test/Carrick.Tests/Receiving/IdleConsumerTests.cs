using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class IdleConsumerTests
{
    private static readonly WebhookScheme Bare = Scheme("");
    private static readonly WebhookScheme Named = Scheme(""", "event": { "subject": "json.s", "version": "json.v" }""");

    [Fact]
    public void Validate_OrderWithoutASubject_IsAnError() => Assert.Equal(
        ["Consumer 'billing/orders': Order has no effect, because events from the source have no subject: say where it stands, or remove the order."],
        Validate(Source(Bare), Orders() with { Order = OrderingMode.Subject }));

    [Fact]
    public void Validate_SkipLateWithoutSubjectAndVersion_IsAnErrorForHandlersAndEndpoints()
    {
        var handler = new HandlerDefinition { Name = "billing/book", Integration = "billing", Handler = (_, _) => Task.CompletedTask, SkipLate = true };
        Assert.Equal(
            [
                "Consumer 'billing/orders': SkipLate has no effect, because events from the source have no subject and no version: say where to find it, or remove SkipLate.",
                "Consumer 'billing/book': SkipLate has no effect, because events from the source have no version: say where to find it, or remove SkipLate.",
            ],
            [
                .. Validate(Source(Bare), Orders() with { SkipLate = true }),
                .. Validate(Source(Bare) with { SubjectPath = "json.s" }, handler),
            ]);
    }

    [Fact]
    public void Validate_WhatSettingsGoByIsKnown_IsNoError()
    {
        var consumer = Orders() with { Order = OrderingMode.Subject, SkipLate = true };
        Assert.Empty(Validate(Source(Named), consumer));
        Assert.Empty(Validate(Source(Bare) with { SubjectPath = "json.s", VersionPath = "json.v" }, consumer));
        Assert.Empty(Validate(null, consumer));
        Assert.Empty(Validate(Source(Bare), Orders()));
    }

    private static IReadOnlyList<string> Validate(SourceDefinition? source, ConsumerDefinition consumer) =>
        IntegrationValidator.Validate([new IntegrationDefinition { Name = "billing", Source = source, Consumers = [consumer] }]);

    private static EndpointDefinition Orders() => new() { Name = "billing/orders", Integration = "billing", Url = new Uri("http://127.0.0.1:9/") };

    private static WebhookSourceDefinition Source(WebhookScheme scheme) => new() { Scheme = scheme, Secrets = ["0123456789abcdef0123"] };

    private static WebhookScheme Scheme(string more) => WebhookScheme.Parse(
        $$"""
        { "name": "mine", "kind": "mac", "algorithm": "hmac-sha256", "signature": { "header": "x-mine", "grammar": "bare", "encoding": "hex" }, "content": "{body}"{{more}} }
        """);
}
