using System.Security.Cryptography;
using Carrick.Authentication;

namespace Carrick.Tests.Authentication;

public sealed class AdminKeyStrengthTests
{
    [Theory]
    [InlineData("crk_case_admin_key_0123456789abcdef")]
    [InlineData("canary-admin-key-0123456789")]
    [InlineData("ck_0123456789ABCDEFGHJKMNPQRS_ABCDEF")]
    [InlineData("chosen-by-people-and-guessable")]
    [InlineData("correct-horse-battery-staple-42")]
    [InlineData("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("0b9e7c52-8f3d-4f0e-9a55-3c6d1f7e2b84")]
    public void Problem_LongKeyOfOnesOwnChoosing_IsNone(string key) => Assert.Null(AdminKeyStrength.Problem(key));

    [Theory]
    [InlineData("")]
    [InlineData("admin")]
    [InlineData("kJ8s0aPq2LmZx7Wv4Rt1Yb3")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("abababababababababababababab")]
    [InlineData("passwordpasswordpassword")]
    [InlineData("password123password123password123")]
    [InlineData("0123456789012345678901234567")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("abcdefghijklmnopqrstuvwxyz")]
    [InlineData("zyxwvutsrqponmlkjihgfedcba")]
    [InlineData("qwertyuiopasdfghjklzxcvbnm")]
    [InlineData("1234567890qwertyuiopasdfghjkl")]
    [InlineData("administrator-password-2024")]
    [InlineData("Administrator-Password-1234!")]
    [InlineData("changeme-changeme-changeme-1")]
    [InlineData("carrick-admin-key-carrick-admin-key")]
    [InlineData("my key has some spaces in it 123")]
    [InlineData("schl\u00fcssel-der-verwaltung-4711-x")]
    public void Problem_KeyThatCanBeGuessedOrSent_IsToldWithoutTheKey(string key)
    {
        var problem = AdminKeyStrength.Problem(key);
        Assert.NotNull(problem);
        Assert.True(key.Length < 8 || !problem.Contains(key, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Problem_RandomTexts_AreNone()
    {
        for (var i = 0; i < 2_000; i++)
        {
            Assert.Null(AdminKeyStrength.Problem(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
            Assert.Null(AdminKeyStrength.Problem(RandomNumberGenerator.GetHexString(48, lowercase: true)));
            Assert.Null(AdminKeyStrength.Problem(ApiKeyFormat.Create()));
        }
    }

    [Fact]
    public void Problem_TooLong_IsTold() => Assert.Contains("at most 512", AdminKeyStrength.Problem(RandomNumberGenerator.GetHexString(513)), StringComparison.Ordinal);
}
