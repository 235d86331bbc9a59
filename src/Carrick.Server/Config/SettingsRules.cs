using Carrick.Hosting;

namespace Carrick.Server.Config;

/// <summary>The rules of <c>retention</c> and <c>limits</c>.</summary>
internal static class SettingsRules
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3_650);

    public static EngineSettings Read(ConfigSection root, ConfigContext context)
    {
        var retention = root.Section("retention", ConfigKeys.Retention);
        var limits = root.Section("limits", ConfigKeys.Limits);
        var settings = new EngineSettings
        {
            EventRetention = retention?.Duration("events", Hour, Longest),
            MessageIdRetention = retention?.Duration("messageIds", Hour, Longest),
            DeadLetterRetention = retention?.Duration("deadLetters", Hour, Longest),
            WriteQueue = limits?.Integer("writeQueue", 16, 1_000_000),
            CommitBatch = limits?.Integer("commitBatch", 1, 10_000),
            ConsumerBuffer = limits?.Integer("consumerBuffer", 16, 100_000),
            BodyBuffer = limits?.Size("bodyBuffer", 0, 4L << 30),
            HandlerLinger = limits?.Duration("handlerLinger", TimeSpan.Zero, TimeSpan.FromMilliseconds(100)),
            ShutdownGrace = limits?.Duration("shutdownGrace", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        };
        var options = new CarrickOptions();
        settings.CopyTo(options);
        if (retention is not null && options.MessageIdRetention < options.EventRetention)
        {
            context.Error(
                retention.Find("messageIds") ?? retention.Node,
                "Message ids would be forgotten before their events.",
                $"Set messageIds to {DurationText.Format(options.EventRetention)} or more.");
        }

        return settings;
    }
}
