using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Tests.Retry;
using CsCheck;

namespace Carrick.Tests.Dispatch;

public sealed class DeliveryDecisionTests
{
    private const int Budget = 4;
    private static readonly DateTimeOffset Now = Work.Start;
    private static readonly DateTimeOffset Soon = Now.AddMilliseconds(10);
    private static readonly DateTimeOffset Later = Now.AddHours(30);
    private static readonly RetryPolicy Policy = new() { Attempts = Budget, Cap = TimeSpan.FromHours(2), Jitter = 0 };

    /// <summary>The table of what follows, written down a second time, over everything that it depends on.</summary>
    [Theory]
    [InlineData(FailureCategory.None)]
    [InlineData(FailureCategory.Transient)]
    [InlineData(FailureCategory.Throttled)]
    [InlineData(FailureCategory.Permanent)]
    [InlineData(FailureCategory.Gone)]
    [InlineData(FailureCategory.Cancelled)]
    [InlineData(FailureCategory.Poison)]
    public void Make_EveryCombination_FollowsTheTable(FailureCategory category)
    {
        foreach (var failed in new[] { 0, 1, 2, Budget - 1, Budget, 40 })
        {
            foreach (var key in new[] { null, "", "cus_1" })
            {
                foreach (var onFailure in Enum.GetValues<OrderingFailure>())
                {
                    foreach (var asked in new DateTimeOffset?[] { null, Soon, Later })
                    {
                        CheckTable(category, failed, key, onFailure, asked);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    public void Make_TransientWithinTheBudget_WaitsAsTheScheduleSays(int failed, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), Make(FailureCategory.Transient, failed, failed).DueAt);

    [Fact]
    public void Make_Transient_AsksChanceForTheJitter()
    {
        var consumer = Consumer(OrderingFailure.Block) with { Retry = Policy with { Jitter = 0.5 } };
        var result = AttemptResult.Failure(FailureCategory.Transient, "failed");
        Assert.Equal(Now.AddSeconds(0.5), DeliveryDecision.Make(consumer, Work.Item(1), result, Now, new FixedRandom(0)).DueAt);
    }

    [Fact]
    public void Make_RetryAfterLaterThanTheSchedule_WinsAndClosesTheGate()
    {
        var decision = Make(FailureCategory.Transient, 0, 0, retryAfter: Later);
        Assert.Equal((Later, Later), (decision.DueAt, decision.GateUntil));
    }

    [Fact]
    public void Make_RetryAfterSoonerThanTheSchedule_ClosesTheGateOnly()
    {
        var decision = Make(FailureCategory.Transient, 0, 0, retryAfter: Soon);
        Assert.Equal((Now.AddSeconds(1), Soon), (decision.DueAt, decision.GateUntil));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(2, 0, 4)]
    [InlineData(6, 4, 4)]
    [InlineData(4, 4, 1)]
    [InlineData(60, 2, 7_200)]
    public void Make_ThrottledWithoutRetryAfter_BacksOffByThrottledAttempts(int attempts, int failed, int seconds)
    {
        var decision = Make(FailureCategory.Throttled, attempts, failed);
        Assert.Equal((Now.AddSeconds(seconds), Now.AddSeconds(seconds)), (decision.DueAt, decision.GateUntil));
    }

    [Fact]
    public void Make_ThrottledWithRetryAfter_WaitsExactlySoLong()
    {
        var decision = Make(FailureCategory.Throttled, 5, 0, retryAfter: Soon);
        Assert.Equal((Soon, Soon), (decision.DueAt, decision.GateUntil));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-86_400_000)]
    public void Make_ThrottledWithRetryAfterThatHasPassed_BacksOff(int milliseconds)
    {
        var decision = Make(FailureCategory.Throttled, 2, 0, retryAfter: Now.AddMilliseconds(milliseconds));
        Assert.Equal((Now.AddSeconds(4), Now.AddSeconds(4), 0), (decision.DueAt, decision.GateUntil, decision.Failures));
    }

    [Fact]
    public void Make_ThrottledWithRetryAfterByATick_WaitsForThatTickOnly() =>
        Assert.Equal(Now.AddTicks(1), Make(FailureCategory.Throttled, 2, 0, retryAfter: Now.AddTicks(1)).DueAt);

    [Fact]
    public void Make_ThrottledAnyRetryAfter_IsThatInstantOrTheBackoffAndNeverEarlierThanAsked() =>
        Gen.Select(Gen.Long[-TimeSpan.TicksPerDay, 7 * TimeSpan.TicksPerDay], Gen.Int[0, DeliveryDecision.MaxAttempts - 2], Gen.Int[0, 50])
            .Sample((ticks, throttled, failed) =>
            {
                var asked = Now.AddTicks(ticks);
                var decision = Make(FailureCategory.Throttled, Math.Min(throttled + failed, DeliveryDecision.MaxAttempts - 2), failed, retryAfter: asked);
                Assert.True(decision.DueAt >= asked);
                Assert.Equal(decision.DueAt, decision.GateUntil);
                Assert.Equal(ticks > 0, decision.DueAt == asked);
                Assert.True(ticks > 0 || decision.DueAt >= Now + Policy.Base, "it would be called in a loop");
            });

    [Fact]
    public void Make_ThrottledForTheLastTime_GivesUp()
    {
        Assert.Equal(DeliveryStep.Retry, Make(FailureCategory.Throttled, DeliveryDecision.MaxAttempts - 2, 3).Step);
        var last = Make(FailureCategory.Throttled, DeliveryDecision.MaxAttempts - 1, 0);
        Assert.Equal((DeliveryStep.DeadLetter, "Throttled in 10000 attempts."), (last.Step, last.Reason));
    }

    [Fact]
    public void Make_ExhaustedButItsKeyBlocks_WaitsForTheCap()
    {
        foreach (var category in new[] { FailureCategory.Transient, FailureCategory.Permanent })
        {
            var decision = Make(category, 9, 9, "cus_1", OrderingFailure.Block);
            Assert.Equal((DeliveryStep.Retry, Now + Policy.Cap, 10), (decision.Step, decision.DueAt, decision.Failures));
        }
    }

    [Fact]
    public void Make_PoisonWhoseKeyBlocks_IsGivenUpAllTheSame() =>
        Assert.Equal(DeliveryStep.DeadLetter, Make(FailureCategory.Poison, 9, 9, "cus_1", OrderingFailure.Block).Step);

    [Theory]
    [InlineData(FailureCategory.Transient, "Failed 4 times, the budget of the retry policy.")]
    [InlineData(FailureCategory.Permanent, "Failed for good: trying again would not help.")]
    [InlineData(FailureCategory.Poison, "It stopped its host again and again.")]
    [InlineData(FailureCategory.Gone, "The endpoint answered 410: it is gone.")]
    public void Make_DeadLetter_SaysWhy(FailureCategory category, string reason) => Assert.Equal(reason, Make(category, 7, Budget - 1).Reason);

    private static void CheckTable(FailureCategory category, int failed, string? key, OrderingFailure onFailure, DateTimeOffset? retryAfter)
    {
        var decision = Make(category, attempts: failed + 2, failed, key, onFailure, retryAfter);

        var step = category switch
        {
            FailureCategory.None => DeliveryStep.Complete,
            FailureCategory.Cancelled => DeliveryStep.Return,
            FailureCategory.Throttled => DeliveryStep.Retry,
            FailureCategory.Gone => DeliveryStep.DeadLetter,
            FailureCategory.Poison => DeliveryStep.DeadLetter,
            _ when key is not null && onFailure == OrderingFailure.Block => DeliveryStep.Retry,
            FailureCategory.Transient when failed + 1 < Budget => DeliveryStep.Retry,
            _ => DeliveryStep.DeadLetter,
        };
        Assert.Equal(step, decision.Step);
        Assert.Equal(step == DeliveryStep.Retry, decision.DueAt is not null);
        Assert.Equal(step == DeliveryStep.DeadLetter, decision.Reason is not null);
        Assert.Equal(category == FailureCategory.Gone, decision.Disable);
        var free = category is FailureCategory.None or FailureCategory.Cancelled or FailureCategory.Throttled;
        Assert.Equal(free ? failed : failed + 1, decision.Failures);
        var gate = step != DeliveryStep.Retry ? null : category == FailureCategory.Throttled ? decision.DueAt : retryAfter;
        Assert.Equal(gate, decision.GateUntil);
    }

    private static DeliveryDecision Make(
        FailureCategory category, int attempts, int failed, string? key = null,
        OrderingFailure onFailure = OrderingFailure.DeadLetterAndContinue, DateTimeOffset? retryAfter = null)
    {
        var item = Work.Item(1, key);
        item.Attempts = attempts;
        item.Failures = failed;
        var result = category == FailureCategory.None ? AttemptResult.Success(204) : AttemptResult.Failure(category, "failed", 500, retryAfter);
        return DeliveryDecision.Make(Consumer(onFailure), item, result, Now, new FixedRandom(0.5));
    }

    private static HandlerDefinition Consumer(OrderingFailure onFailure) => new()
    {
        Name = "billing/orders",
        Integration = "billing",
        Handler = (_, _) => Task.CompletedTask,
        Retry = Policy,
        OnOrderedFailure = onFailure,
    };
}
