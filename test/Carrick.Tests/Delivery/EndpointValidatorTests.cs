using Carrick.Delivery;
using Carrick.Integrations;

namespace Carrick.Tests.Delivery;

public sealed class EndpointValidatorTests
{
    private static readonly EndpointDefinition Good = SenderFixture.Endpoint(new Uri("https://example.test/hooks?x=1"));

    public static TheoryData<EndpointDefinition, string> Wrong => new()
    {
        { Good with { Url = new Uri("/hooks", UriKind.Relative) }, "Url" },
        { Good with { Url = new Uri("ftp://example.test/") }, "Url" },
        { Good with { Url = new Uri("https://user:canary@example.test/") }, "Url" },
        { Good with { Url = new Uri("https://example.test/#canary") }, "Url" },
        { Good with { SigningSecrets = [SenderFixture.Secret, "canary"] }, "SigningSecrets[1]" },
        { Good with { Headers = [new("", "canary")] }, "Headers[0]" },
        { Good with { Headers = [new("X-A", "1"), new("content-length", "canary")] }, "Headers[1]" },
        { Good with { Headers = [new("X-A", "canary\n")] }, "Headers[0]" },
        { Good with { Rate = new RateLimit(0, TimeSpan.FromSeconds(1)) }, "Rate" },
        { Good with { Rate = new RateLimit(1, TimeSpan.Zero) }, "Rate" },
        { Good with { TransientStatuses = [404, 410] }, "TransientStatuses[1]" },
        { Good with { TransientStatuses = [429] }, "TransientStatuses[0]" },
        { Good with { TransientStatuses = [399] }, "TransientStatuses[0]" },
        { Good with { TransientStatuses = [500] }, "TransientStatuses[0]" },
        { Good with { Concurrency = 0 }, "Concurrency" },
        { Good with { Concurrency = 1_001 }, "Concurrency" },
        { Good with { Timeout = TimeSpan.Zero }, "Timeout" },
        { Good with { Timeout = TimeSpan.FromDays(2) }, "Timeout" },
        { Good with { Retry = new() { Attempts = 0 } }, "Retry.Attempts" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OneMemberWrong_NamesItWithoutItsValue(EndpointDefinition endpoint, string member)
    {
        var error = Assert.Single(EndpointValidator.Validate(endpoint));
        Assert.StartsWith(member + ": ", error);
        Assert.DoesNotContain("canary", error);
    }

    [Fact]
    public void Validate_GoodEndpoint_HasNoErrors() => Assert.Empty(EndpointValidator.Validate(Good with
    {
        SigningSecrets = [SenderFixture.Secret],
        Headers = [new("Authorization", "Bearer x"), new("X-Empty", ""), new("X-Tab", "a\tb")],
        Rate = new RateLimit(1, TimeSpan.FromTicks(1)),
        TransientStatuses = [400, 409, 499],
    }));
}
