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
            MessageIdRetention = retention?.Duration("messageIds", CarrickOptionsValidator.LeastMessageIdRetention, Longest),
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
        if (retention is not null && IsRead(retention, "events", settings.EventRetention) && IsRead(retention, "messageIds", settings.MessageIdRetention) && options.MessageIdRetention < options.EventRetention)
        {
            context.Error(
                retention.Find("messageIds") ?? retention.Node,
                "Message ids would be forgotten before their events.",
                retention.Node.HoldsVariable ? "Set messageIds to as long as events or more." : $"Set messageIds to {DurationText.Format(options.EventRetention)} or more.");
        }

        return settings;
    }

    // A value that had an error of its own is not compared: the default that stands in for it is not what the file says.
    private static bool IsRead(ConfigSection section, string key, TimeSpan? value) => value is not null || section.Find(key) is null;
}
