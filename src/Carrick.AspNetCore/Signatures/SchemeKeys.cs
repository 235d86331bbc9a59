using System.Collections.Immutable;

namespace Carrick.Signatures;

/// <summary>The accepted alternatives of a source, each with the keys that fit it.</summary>
internal sealed record KeyedAlternative(AlternativePlan Plan, ImmutableArray<WebhookKey> Keys);

/// <summary>Joins a scheme's alternatives with a source's secrets.</summary>
internal static class SchemeKeys
{
    /// <summary>Makes the keys; problems name secrets by number, never by value.</summary>
    /// <param name="plan">The scheme.</param>
    /// <param name="accept">The alternatives pinned by the source, or <see langword="null"/> for the scheme's default.</param>
    /// <param name="secrets">The secrets.</param>
    /// <param name="problems">Where problems go.</param>
    public static ImmutableArray<KeyedAlternative> Make(SchemePlan plan, IReadOnlyList<string>? accept, IReadOnlyList<string> secrets, List<string> problems)
    {
        var keyed = ImmutableArray.CreateBuilder<KeyedAlternative>();
        var used = new bool[secrets.Count];
        var why = new string?[secrets.Count];
        foreach (var alternative in plan.Alternatives.Where(alternative => (accept ?? plan.Accept).Contains(alternative.Name)))
        {
            var keys = ImmutableArray.CreateBuilder<WebhookKey>();
            for (var i = 0; i < secrets.Count; i++)
            {
                if (KeyMaker.TryMake(alternative, secrets[i], i + 1, out var problem) is { } key)
                {
                    keys.Add(key);
                    used[i] = true;
                }
                else
                {
                    // A secret that bears the alternative's prefix is meant for it, so its problem is the one to tell.
                    why[i] = why[i] is null || Bears(alternative.Key.Prefix, secrets[i]) ? problem : why[i];
                }
            }

            if (keys.Count > 0)
            {
                keyed.Add(new KeyedAlternative(alternative, keys.ToImmutable()));
            }
            else if (accept is not null && secrets.Count > 0)
            {
                problems.Add($"accept: no secret fits '{alternative.Name}'");
            }
        }

        problems.AddRange(Enumerable.Range(0, secrets.Count).Where(i => !used[i] && !string.IsNullOrWhiteSpace(secrets[i])).Select(i => $"secrets[{i}]: {why[i]}"));
        return keyed.ToImmutable();
    }

    private static bool Bears(string prefix, string secret) => prefix.Length > 0 && secret.StartsWith(prefix, StringComparison.Ordinal);
}
