using System.Reflection;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Receiving;
using Carrick.Server.Cli;
using Carrick.Server.Config;
using Carrick.Storage;

namespace Carrick.Server.Serve;

/// <summary>Binds every option of the library to a section of the server's settings. What the values may be is checked by the options themselves at start.</summary>
internal static class OptionSections
{
    /// <summary>Every section with the options that it fills.</summary>
    public static readonly (string Section, Type Options)[] All =
    [
        ("Carrick:Engine", typeof(CarrickOptions)),
        ("Carrick:Receiving", typeof(WebhookReceivingOptions)),
        ("Carrick:Delivery", typeof(DeliveryOptions)),
        ("Carrick:Web", typeof(CarrickWebOptions)),
        ("Carrick:Transport", typeof(TransportOptions)),
        (Postgres, typeof(PostgresOptions)),
    ];

    private const string Postgres = "Carrick:Postgres";

    /// <param name="builder">Has the settings, and gets the options.</param>
    /// <param name="engine">What <c>carrick.yaml</c> says; a setting wins over it.</param>
    /// <returns>The engine's options as they will be.</returns>
    /// <exception cref="CliException">A key is unknown, or a value cannot be read; every error is in the details, and none shows a value.</exception>
    public static CarrickOptions AddOptionSections(this WebApplicationBuilder builder, EngineSettings engine)
    {
        Refuse(All.SelectMany(entry => Check(builder.Configuration.GetSection(entry.Section), entry.Options)));
        builder.Services.Configure<CarrickOptions>(engine.CopyTo);
        Bind<CarrickOptions>(builder, 0);
        Bind<WebhookReceivingOptions>(builder, 1);
        Bind<DeliveryOptions>(builder, 2);
        Bind<CarrickWebOptions>(builder, 3);
        Bind<TransportOptions>(builder, 4);
        return Read(builder.Configuration, engine);
    }

    /// <summary>Has the engine keep things as long as a configuration says that is put in force while it runs; a setting wins over it, as at the start.</summary>
    public static void SetRetention(IServiceProvider services, EngineSettings engine)
    {
        var options = Read(services.GetRequiredService<IConfiguration>(), engine);
        services.GetRequiredService<RetentionPeriods>().Set(options.EventRetention, options.MessageIdRetention, options.DeadLetterRetention);
    }

    /// <summary>The options of the store, which is chosen before there is a builder.</summary>
    /// <exception cref="CliException">As of <see cref="AddOptionSections"/>.</exception>
    public static PostgresOptions ReadPostgres(IConfiguration configuration)
    {
        var section = configuration.GetSection(Postgres);
        Refuse(Check(section, typeof(PostgresOptions)));
        var options = new PostgresOptions();
        section.Bind(options);
        return options;
    }

    private static CarrickOptions Read(IConfiguration configuration, EngineSettings engine)
    {
        var options = new CarrickOptions();
        engine.CopyTo(options);
        configuration.GetSection(All[0].Section).Bind(options);
        return options;
    }

    private static void Refuse(IEnumerable<string> errors)
    {
        string[] all = [.. errors];
        if (all.Length > 0)
        {
            throw new CliException(new CliFailure(
                ExitCodes.Usage, "The settings are not valid.", "See 'Options' in docs/guide/configuration.md.")
            { Details = all });
        }
    }

    private static void Bind<T>(WebApplicationBuilder builder, int index)
        where T : class => builder.Services.Configure<T>(builder.Configuration.GetSection(All[index].Section));

    private static IEnumerable<string> Check(IConfigurationSection section, Type options)
    {
        var properties = options.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (var item in section.GetChildren())
        {
            if (Array.Find(properties, property => property.Name.Equals(item.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
            {
                var names = properties.Select(known => known.Name).ToList();
                var near = Suggestion.Nearest(item.Key, names);
                yield return $"{section.Path}:{ConfigText.Join("", item.Key)}: Unknown key. {(near is null ? $"Known keys: {string.Join(", ", names)}." : $"Did you mean '{near}'?")}";
            }
            else if (!CanRead(item, property.PropertyType))
            {
                yield return $"{section.Path}:{property.Name}: The value is not {Kind(property.PropertyType)}.";
            }
        }
    }

    private static bool CanRead(IConfigurationSection item, Type type)
    {
        try
        {
            return item.Get(type) is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Kind(Type type) => type == typeof(TimeSpan) || type == typeof(TimeSpan?) ? "a period such as 00:00:05, or 30.00:00:00 for days"
        : type == typeof(bool) ? "true or false"
        : type == typeof(Uri) ? "a URL"
        : "a whole number";
}
