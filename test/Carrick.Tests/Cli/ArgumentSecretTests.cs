using Carrick.Server.Cli;
using Xunit;

namespace Carrick.Tests.Cli;

/// <summary>A secret that is given where something else is expected: no error repeats it.</summary>
public sealed class ArgumentSecretTests
{
    private const string Secret = "whsec_canary0123MfKQ9r8GKYqrTwjUPD8ILPZIo2";

    [Theory]
    [InlineData("events list --api-key hunter2canary")]
    [InlineData("events list --api-key=hunter2canary")]
    [InlineData("events list --limit=hunter2canary")]
    [InlineData("events list --limit SECRET")]
    [InlineData("events list --output SECRET")]
    [InlineData("events list --api-key-file SECRET")]
    [InlineData("events list --api-key-file hunter2canary")]
    [InlineData("events list SECRET")]
    [InlineData("SECRET")]
    [InlineData("schemes SECRET")]
    [InlineData("validate SECRET")]
    [InlineData("apply -f SECRET")]
    [InlineData("send SECRET --to http://127.0.0.1:1/ --secret-env SECRET")]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-env SECRET")]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-file SECRET")]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret-file hunter2canary")]
    [InlineData("send stripe --to http://127.0.0.1:1/ --secret hunter2canary")]
    [InlineData("send stripe --to SECRET --secret-env A")]
    [InlineData("send --scheme-file SECRET --to http://127.0.0.1:1/ --secret-env A")]
    [InlineData("send stripe --alternative SECRET --to http://127.0.0.1:1/ --secret-env SECRET")]
    [InlineData("events list --server SECRET")]
    [InlineData("serve --config SECRET")]
    [InlineData("serve --key SECRET")]
    [InlineData("doctor --data /proc/SECRET --config SECRET")]
    public async Task Run_SecretInPlaceOfAnotherArgument_IsNotRepeated(string line)
    {
        var run = await CliRun.ExecuteAsync("http://127.0.0.1:1", CliRun.Key, line.Replace("SECRET", Secret, StringComparison.Ordinal).Split(' '));

        Assert.NotEqual(ExitCodes.Ok, run.ExitCode);
        Assert.DoesNotContain("canary", run.ToString(), StringComparison.Ordinal);
        Assert.NotEqual("", run.Error + run.Output);
    }

    [Fact]
    public async Task Run_WrongArgumentThatIsNoSecret_IsStillNamed()
    {
        Assert.Contains("--limt", (await CliRun.ExecuteAsync(null, null, ["events", "list", "--limt", "3"])).Error, StringComparison.Ordinal);
        Assert.Contains("missing.yaml", (await CliRun.ExecuteAsync(null, null, ["validate", "missing.yaml"])).Error, StringComparison.Ordinal);
    }
}
