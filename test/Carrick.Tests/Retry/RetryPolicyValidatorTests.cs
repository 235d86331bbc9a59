using Carrick.Retry;

namespace Carrick.Tests.Retry;

public sealed class RetryPolicyValidatorTests
{
    public static TheoryData<RetryPolicy, string> Wrong => new()
    {
        { new() { Attempts = 0 }, "Attempts" },
        { new() { Attempts = 1_001 }, "Attempts" },
        { new() { Base = TimeSpan.Zero }, "Base" },
        { new() { Base = TimeSpan.FromTicks(-1) }, "Base" },
        { new() { Factor = 0.99 }, "Factor" },
        { new() { Factor = 10.01 }, "Factor" },
        { new() { Factor = double.NaN }, "Factor" },
        { new() { Factor = double.PositiveInfinity }, "Factor" },
        { new() { Cap = TimeSpan.FromMilliseconds(999) }, "Cap" },
        { new() { Cap = TimeSpan.FromDays(7) + TimeSpan.FromTicks(1) }, "Cap" },
        { new() { Jitter = -0.01 }, "Jitter" },
        { new() { Jitter = 1.01 }, "Jitter" },
        { new() { Jitter = double.NaN }, "Jitter" },
    };

    public static TheoryData<RetryPolicy> Right => new()
    {
        RetryPolicy.Default,
        new RetryPolicy { Attempts = 1, Base = TimeSpan.FromTicks(1), Cap = TimeSpan.FromTicks(1), Factor = 1, Jitter = 0 },
        new RetryPolicy { Attempts = 1_000, Base = TimeSpan.FromDays(7), Cap = TimeSpan.FromDays(7), Factor = 10, Jitter = 1 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OneMemberOutOfRange_NamesIt(RetryPolicy policy, string member) =>
        Assert.StartsWith(member + ": ", Assert.Single(RetryPolicyValidator.Validate(policy)));

    [Theory]
    [MemberData(nameof(Right))]
    public void Validate_AtTheBounds_HasNoErrors(RetryPolicy policy) => Assert.Empty(RetryPolicyValidator.Validate(policy));

    [Fact]
    public void Validate_EverythingWrong_ReportsAllAtOnce() =>
        Assert.Equal(
            ["Attempts", "Base", "Factor", "Cap", "Jitter"],
            RetryPolicyValidator.Validate(new() { Attempts = 0, Base = TimeSpan.Zero, Factor = 0, Cap = TimeSpan.FromDays(8), Jitter = 2 })
                .Select(error => error.Split(':')[0]));

    [Fact]
    public void Validate_Null_Throws() => Assert.Throws<ArgumentNullException>(() => RetryPolicyValidator.Validate(null!));
}
