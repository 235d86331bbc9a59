using System.Diagnostics;
using System.Globalization;
using Carrick.TestServices.Postgres;

namespace Carrick.IntegrationTests.Services;

/// <summary>A test run that is killed leaves nothing behind.</summary>
public sealed class AbandonedServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_OfAKilledProcess_EndsAndItsFolderIsDeleted()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(PostgresServer).Assembly.Location]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var tests = Process.Start(start)!;
        var answer = (await tests.StandardOutput.ReadLineAsync(Token))!.Split(' ');
        var (postmaster, folder) = (int.Parse(answer[0], CultureInfo.InvariantCulture), answer[1]);
        Assert.True(IsRunning(postmaster));

        tests.Kill();

        await Until(() => !IsRunning(postmaster));
        await Until(() => !Directory.Exists(folder));
    }

    private static bool IsRunning(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "It is still there.");
            await Task.Delay(20, Token);
        }
    }
}
