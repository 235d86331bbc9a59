using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Carrick.Server.Cli;

namespace Carrick.IntegrationTests.Demo;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task Demo_300Events_AccountsForEachOfThem()
    {
        var (code, output) = await RunAsync("demo", "--events", "300", "--seed", "3");

        Assert.True(code == ExitCodes.Ok, output);
        Assert.Contains("The sums agree", output, StringComparison.Ordinal);
        Assert.Equal(300, Count(output, "requests sent"));
        Assert.Equal(30, Count(output, "duplicates"));
        Assert.Equal(12, Count(output, "refused"));
        Assert.Equal(258, Count(output, "accepted"));
        Assert.True(Count(output, "dead letters") > 0, output);
    }

    [Theory]
    [InlineData("--events", "99")]
    [InlineData("--events", "1000001")]
    [InlineData("--events", "many")]
    [InlineData("--seed", "x")]
    public async Task Demo_WrongArgument_IsUsageError(string option, string value)
    {
        var (code, output) = await RunAsync("demo", option, value);

        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains(option, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_Cancelled_SaysSoAndFails()
    {
        using var stop = new CancellationTokenSource();
        using var output = new CancelAtText(stop, "The provider sends");

        var code = await new CliApp(Host(output)).RunAsync(["demo", "--events", "100000"], stop.Token);

        Assert.Equal(ExitCodes.Failure, code);
        Assert.Contains("Stopped before the end.", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_Keep_InvitesAndGoesOnUntilItIsStopped()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 8420))
        {
            try
            {
                probe.Start();
            }
            catch (SocketException)
            {
                Assert.Skip("Something listens on port 8420, where the demo stays.");
            }
        }

        using var stop = new CancellationTokenSource();
        using var output = new CancelAtText(stop, "curl -H", beforeCancel: AskAsync);

        var code = await new CliApp(Host(output)).RunAsync(["demo", "--events", "100", "--keep"], stop.Token);

        var text = output.ToString();
        var directory = Regex.Match(text, "its files are in (.+)\\.\r?\n").Groups[1].Value;
        Assert.True(code == ExitCodes.Ok, text);
        Assert.Equal("200", output.Seen);
        Assert.True(File.Exists(Path.Combine(directory, "bookings.db")), text);
        Directory.Delete(directory, recursive: true);

        static async Task<string> AskAsync(string invitation)
        {
            using var http = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Get, Regex.Match(invitation, "http://[^ ]+v1/dead-letters").Value);
            request.Headers.Authorization = new("Bearer", Regex.Match(invitation, "CARRICK_API_KEY=(ck_[A-Z0-9_]+)").Groups[1].Value);
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            return ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Demo_KeepWithPortTaken_SaysWhatToDo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 8420);
        try
        {
            taken.Start();
        }
        catch (SocketException)
        {
            // Somebody else has it, which serves as well.
        }

        var (code, output) = await RunAsync("demo", "--events", "100", "--keep");

        Assert.Equal(ExitCodes.Failure, code);
        Assert.Contains("leave out --keep", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        var code = await new CliApp(Host(TextWriter.Synchronized(output))).RunAsync(args, TestContext.Current.CancellationToken);
        return (code, output.ToString());
    }

    private static CliHost Host(TextWriter output) => new()
    {
        Output = output,
        Error = output,
        RawOutput = Stream.Null,
        Terminal = false,
        Environment = _ => null,
    };

    private static int Count(string output, string row) =>
        int.Parse(Regex.Match(output, $@"\| {row} +\| +([0-9,]+)").Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private sealed class CancelAtText(CancellationTokenSource stop, string text, Func<string, Task<string>>? beforeCancel = null) : StringWriter
    {
        public string? Seen { get; private set; }

        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            if (value!.Contains(text, StringComparison.Ordinal))
            {
                Seen = beforeCancel is null ? null : await beforeCancel(value);
                await stop.CancelAsync();
            }
        }
    }
}
