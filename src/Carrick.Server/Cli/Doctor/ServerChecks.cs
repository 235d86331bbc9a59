using System.Globalization;
using System.Text.Json;
using Carrick.Server.Cli.Api;
using Carrick.Server.Cli.Commands;

namespace Carrick.Server.Cli.Doctor;

/// <summary>What a running server says of itself.</summary>
internal static class ServerChecks
{
    // Providers sign the time and allow five minutes; half a minute of skew is a fault of the clock.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<DoctorCheck>> RunAsync(ApiClient api, TimeProvider time, CancellationToken cancellationToken)
    {
        var checks = new List<DoctorCheck>();
        var live = await api.GetAsync("health/live", cancellationToken);
        if (live.Failure is { } down)
        {
            checks.Add(DoctorCheck.Fail("server", down.Message, down.Remedy ?? "Read the server's log."));
            return checks;
        }

        checks.Add(Clock(live, time));
        var ready = await api.GetAsync("health/ready", cancellationToken);
        checks.Add(ready.Failure is { } notReady
            ? DoctorCheck.Fail("server", $"not ready: {Problem(ready) ?? notReady.Message}", "Read the server's log; check its disk.")
            : DoctorCheck.Ok("server", "ready"));
        checks.AddRange(await EndpointsAsync(api, time, cancellationToken));
        checks.AddRange(await DeadLettersAsync(api, cancellationToken));
        checks.Add(await UnknownConsumersAsync(api, cancellationToken));
        return checks;
    }

    private static DoctorCheck Clock(ApiAnswer answer, TimeProvider time)
    {
        if (answer.Date is not { } date)
        {
            return DoctorCheck.Skip("clock", "the server does not tell its time");
        }

        var skew = (time.GetUtcNow() - date).Duration();
        var text = string.Create(CultureInfo.InvariantCulture, $"{skew.TotalSeconds:F0} s apart from the server's");
        return skew > LargestSkew ? DoctorCheck.Fail("clock", text, "Synchronise the clocks; signed times are refused otherwise.") : DoctorCheck.Ok("clock", text);
    }

    private static async Task<IReadOnlyList<DoctorCheck>> EndpointsAsync(ApiClient api, TimeProvider time, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("v1/endpoints", cancellationToken);
        if (answer.Failure is { } failure)
        {
            return [DoctorCheck.Fail("endpoints", failure.Message, failure.Remedy ?? "Read the server's log.")];
        }

        var checks = new List<DoctorCheck>();
        foreach (var endpoint in Page.Read(answer).Data)
        {
            var name = "endpoint " + JsonText.At(endpoint, "name");
            if (JsonText.At(endpoint, "enabled") == "no")
            {
                checks.Add(DoctorCheck.Fail(name, $"disabled: {JsonText.At(endpoint, "disabledReason")}", $"Mend it, then 'carrick endpoints enable {JsonText.At(endpoint, "name")}'."));
            }
            else if (DateTimeOffset.TryParse(JsonText.At(endpoint, "gateUntil"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var gate) && gate > time.GetUtcNow())
            {
                checks.Add(DoctorCheck.Fail(name, $"asked for no attempt before {JsonText.At(endpoint, "gateUntil")}", "Wait, or lower its 'rate'."));
            }
        }

        return checks.Count > 0 ? checks : [DoctorCheck.Ok("endpoints", "all enabled, none asks to wait")];
    }

    // Handlers have dead letters too, so the consumers of all integrations are asked.
    private static async Task<IReadOnlyList<DoctorCheck>> DeadLettersAsync(ApiClient api, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("v1/integrations", cancellationToken);
        if (answer.Failure is { } failure)
        {
            return [DoctorCheck.Fail("dead letters", failure.Message, failure.Remedy ?? "Read the server's log.")];
        }

        List<DoctorCheck> checks =
        [
            .. Page.Read(answer).Data
                .SelectMany(integration => integration.TryGetProperty("consumers", out var consumers) && consumers.ValueKind == JsonValueKind.Array ? consumers.EnumerateArray() : [])
                .Select(consumer => (Name: JsonText.At(consumer, "name"), Kind: JsonText.At(consumer, "kind"), Dead: JsonText.At(consumer, "depth.dead")))
                .Where(consumer => consumer.Dead is not ("0" or "-"))
                .Select(consumer => DoctorCheck.Fail(
                    $"{consumer.Kind} {consumer.Name}", $"{consumer.Dead} dead letters", $"See 'carrick dead-letters list --consumer {consumer.Name}'; replay or discard them.")),
        ];
        return checks.Count > 0 ? checks : [DoctorCheck.Ok("dead letters", "none")];
    }

    private static async Task<DoctorCheck> UnknownConsumersAsync(ApiClient api, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("v1/diagnostics", cancellationToken);
        if (answer.Failure is { } failure)
        {
            return DoctorCheck.Skip("unknown consumers", failure.Message);
        }

        var root = answer.Json();
        var unknown = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("unknownConsumers", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(consumer => $"{JsonText.At(consumer, "name")} ({JsonText.At(consumer, "outstanding")})").ToList()
            : [];
        return unknown.Count == 0
            ? DoctorCheck.Ok("unknown consumers", "none with outstanding deliveries")
            : DoctorCheck.Fail("unknown consumers", string.Join(", ", unknown), "Put them back into the configuration, or discard their deliveries.");
    }

    private static string? Problem(ApiAnswer answer)
    {
        try
        {
            return JsonText.At(answer.Json(), "problem") is var text && text == "-" ? null : text;
        }
        catch (CliException)
        {
            return null;
        }
    }
}
