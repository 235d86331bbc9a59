using Carrick.Diagnostics;
using Carrick.Integrations;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>An integration's webhook: who signs, with which secrets, and within which limits. Immutable.</summary>
public sealed record WebhookSourceDefinition : SourceDefinition
{
    /// <summary>The smallest and largest <see cref="MaxBodyBytes"/>.</summary>
    private const long MinBody = 1_024, MaxBody = 25 * 1024 * 1024;

    internal const string NoConfigurationKey =
        "the name of a configuration key is needed here, such as 'Billing:WebhookSecrets'; what was given cannot be one or looks like a secret, so it is not shown";

    /// <inheritdoc/>
    public override string Kind => "webhook";

    /// <summary>The provider's scheme.</summary>
    public required WebhookScheme Scheme { get; init; }

    /// <summary>The secrets; several during a rotation, any of them may match.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>
    /// The name of the configuration key whose value is the secrets, a string or an array, read when the application starts; not a secret itself.
    /// <see langword="null"/> if <see cref="Secrets"/> has them.
    /// </summary>
    /// <value>Such as <c>Billing:WebhookSecrets</c>: names of letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, with colons between them; up to 200 characters.</value>
    public string? SecretsConfigurationKey { get; init; }

    /// <summary>The accepted alternatives of the scheme.</summary>
    /// <value>Default: <see cref="WebhookScheme.DefaultAccept"/>.</value>
    public IReadOnlyList<string>? Accept { get; init; }

    /// <summary>The URL the provider posts to, for schemes that sign it; its exact text counts. Without query: the query of each request is signed as sent.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>How far the signed time may lie before or after now.</summary>
    /// <value>1 s to 1 day; default: the scheme's.</value>
    public TimeSpan? Tolerance { get; init; }

    /// <summary>The token the provider shows when it checks the URL (Meta).</summary>
    public string? VerifyToken { get; init; }

    /// <summary>The largest body in bytes; a larger one is answered 413.</summary>
    /// <value>1 KiB to 25 MiB; default 1 MiB.</value>
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Where the message id stands, such as <c>json.data.id</c> or <c>header.x-id | json.id</c>. What is named here must be unique: where the signature covers it,
    /// it alone tells whether a message is known. Where no signature covers it, the body counts too. Of several fields those that are signed come first.
    /// </summary>
    /// <value>Default: the scheme's, and the SHA-256 of the body if nothing stands there.</value>
    public string? IdPath { get; init; }

    /// <summary>What to do with a body that is known under another id, where the id is not signed.</summary>
    /// <value>Default <see cref="SameBodyPolicy.Accept"/>.</value>
    public SameBodyPolicy SameBody { get; init; }

    /// <summary>Where the type stands.</summary>
    /// <value>Default: the scheme's, and <c>unknown</c> if nothing stands there.</value>
    public string? TypePath { get; init; }

    /// <summary>Where the subject stands, such as <c>json.data.object.customer</c>; needed for delivery in order.</summary>
    public string? SubjectPath { get; init; }

    /// <summary>Where the version of the subject stands, an integer or an ISO 8601 time; needed to skip late events.</summary>
    public string? VersionPath { get; init; }

    /// <inheritdoc/>
    public override bool NamesSubject => SubjectPath is not null || !Scheme.Plan.Event.Subject.Alternatives.IsEmpty;

    /// <inheritdoc/>
    public override bool NamesVersion => VersionPath is not null || !Scheme.Plan.Event.Version.Alternatives.IsEmpty;

    /// <summary>Checks the definition.</summary>
    /// <returns>All errors, each beginning with the field's name; empty if there are none. No error shows a secret.</returns>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        CheckSecrets(errors);
        foreach (var name in (Accept ?? []).Where(name => !Scheme.Alternatives.Contains(name)))
        {
            errors.Add($"accept: {NameText.Quoted(name, "the text")} is not one of {string.Join(", ", Scheme.Alternatives)}");
        }

        if (Accept is { Count: 0 })
        {
            errors.Add("accept: must not be empty");
        }

        CheckUrl(errors);
        if (Tolerance is { } tolerance && (tolerance < TimeSpan.FromSeconds(1) || tolerance > TimeSpan.FromDays(1)))
        {
            errors.Add("tolerance: must be 1 second to 1 day");
        }

        if (MaxBodyBytes is < MinBody or > MaxBody)
        {
            errors.Add($"maxBodyBytes: must be {MinBody} to {MaxBody}");
        }

        if (VerifyToken is not null && string.IsNullOrWhiteSpace(VerifyToken))
        {
            errors.Add("verifyToken: must not be blank");
        }

        CheckPaths(errors);
        return errors;
    }

    /// <summary>The scheme's plan with the paths of this source in place of its own.</summary>
    internal EventPlan Override(EventPlan plan) => plan with
    {
        Id = FieldExpression.TryParse(IdPath ?? "") ?? plan.Id,
        HasUniqueId = IdPath is null ? plan.HasUniqueId : true,
        Type = FieldExpression.TryParse(TypePath ?? "") ?? plan.Type,
        Subject = FieldExpression.TryParse(SubjectPath ?? "") ?? plan.Subject,
        Version = FieldExpression.TryParse(VersionPath ?? "") ?? plan.Version,
    };

    /// <summary>Shows the scheme and the number of secrets, never a secret.</summary>
    public override string ToString() => $"{nameof(WebhookSourceDefinition)} {{ Scheme = {Scheme.Name}, Secrets = {Secrets.Count} }}";

    private void CheckSecrets(List<string> errors)
    {
        if (SecretsConfigurationKey is { } key && !NameText.IsConfigurationKey(key))
        {
            errors.Add($"secretsConfigurationKey: {NoConfigurationKey}");
        }

        if (Secrets.Count == 0 && SecretsConfigurationKey is null)
        {
            errors.Add("secrets: at least one is needed");
        }

        for (var i = 0; i < Secrets.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(Secrets[i]))
            {
                errors.Add($"secrets[{i}]: must not be empty");
            }
        }

        SchemeKeys.Make(Scheme.Plan, Accept, Secrets, errors);
    }

    private void CheckUrl(List<string> errors)
    {
        if (PublicUrl is null)
        {
            var needs = Scheme.Plan.Alternatives.Where(alternative => alternative.SignsUrl && (Accept ?? Scheme.DefaultAccept).Contains(alternative.Name));
            errors.AddRange(needs.Take(1).Select(alternative => $"publicUrl: is needed, because '{Scheme.Name}' signs the URL ({alternative.Name})"));
        }
        else if (!PublicUrl.IsAbsoluteUri || (PublicUrl.Scheme != Uri.UriSchemeHttps && PublicUrl.Scheme != Uri.UriSchemeHttp))
        {
            errors.Add("publicUrl: must be an absolute http or https URL");
        }
        else if (PublicUrl.OriginalString.AsSpan().IndexOfAny('?', '#') >= 0)
        {
            errors.Add("publicUrl: must have no query and no fragment");
        }
    }

    private void CheckPaths(List<string> errors)
    {
        (string Name, string? Path)[] paths = [("idPath", IdPath), ("typePath", TypePath), ("subjectPath", SubjectPath), ("versionPath", VersionPath)];
        foreach (var (name, path) in paths.Where(pair => pair.Path is not null))
        {
            if (FieldExpression.TryParse(path!) is not { } fields)
            {
                errors.Add($"{name}: {NameText.Quoted(path!, "the text")} is no field, such as 'json.data.id' or 'header.x-id | json.id'");
            }
            else if (Scheme.Plan.Event.Problem(fields) is { } problem)
            {
                errors.Add($"{name}: {problem}");
            }
        }

        if (Override(Scheme.Plan.Event).JsonFields > JsonFieldSet.MaxPaths)
        {
            var longest = paths.MaxBy(pair => pair.Path?.Length ?? 0).Name;
            errors.Add($"{longest}: id, type, subject and version have more than {JsonFieldSet.MaxPaths} JSON fields together");
        }
    }
}
