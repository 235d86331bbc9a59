using Carrick.Delivery;
using Carrick.Retry;

namespace Carrick.Tests.Delivery;

public sealed class ResponseClassifierTests
{
    [Fact]
    public void Classify_EveryStatus_IsAsTheTableSays()
    {
        // Success, redirects for good, what may pass among 4xx, gone, throttled, the rest of 4xx; all else may pass.
        int[] mayPass = [408, 425];
        for (var status = 0; status < 1_000; status++)
        {
            var expected =
                status / 100 == 2 ? FailureCategory.None
                : status is 301 or 308 ? FailureCategory.Permanent
                : status == 410 ? FailureCategory.Gone
                : status == 429 ? FailureCategory.Throttled
                : status / 100 == 4 && !mayPass.Contains(status) ? FailureCategory.Permanent
                : FailureCategory.Transient;
            Assert.Equal((status, expected), (status, ResponseClassifier.Classify(status, false, [])));
            Assert.Equal((status, status == 503 ? FailureCategory.Throttled : expected), (status, ResponseClassifier.Classify(status, true, [])));
        }
    }

    [Fact]
    public void Classify_StatusTheEndpointCallsTransient_IsTransientIfItsMeaningIsNotFixed()
    {
        var all = Enumerable.Range(0, 1_000).ToArray();
        foreach (var status in all)
        {
            var canBe = status / 100 == 4 && status is not (410 or 429);
            Assert.Equal(canBe, ResponseClassifier.CanBeTransient(status));
            foreach (var hasRetryAfter in new[] { false, true })
            {
                var others = ResponseClassifier.Classify(status, hasRetryAfter, []);
                Assert.Equal(canBe ? FailureCategory.Transient : others, ResponseClassifier.Classify(status, hasRetryAfter, all));
                Assert.Equal(others, ResponseClassifier.Classify(status, hasRetryAfter, [status == 404 ? 409 : 404]));
            }
        }
    }

    [Theory]
    [InlineData(FailureCategory.None, false)]
    [InlineData(FailureCategory.Transient, true)]
    [InlineData(FailureCategory.Throttled, true)]
    [InlineData(FailureCategory.Permanent, false)]
    [InlineData(FailureCategory.Gone, false)]
    [InlineData(FailureCategory.Cancelled, false)]
    [InlineData(FailureCategory.Poison, false)]
    public void HonoursRetryAfter_PerCategory_IsWhereAnotherAttemptFollows(FailureCategory category, bool honoured) =>
        Assert.Equal(honoured, ResponseClassifier.HonoursRetryAfter(category));
}
