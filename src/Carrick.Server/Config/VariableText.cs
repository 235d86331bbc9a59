using System.Text;
using Carrick.Diagnostics;

namespace Carrick.Server.Config;

/// <summary>Fills <c>${NAME}</c> from the environment; <c>$${</c> stands for <c>${</c>. Pure but for the reader it is given.</summary>
internal static class VariableText
{
    /// <param name="text">As written.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="longest">The most characters of the result; beyond it filling in stops with a problem.</param>
    public static VariableExpansion Expand(string text, Func<string, string?> environment, int longest = int.MaxValue)
    {
        var result = new StringBuilder();
        var problems = new List<VariableProblem>();
        for (var i = 0; i < text.Length;)
        {
            if (text.AsSpan(i).StartsWith("$${", StringComparison.Ordinal))
            {
                result.Append("${");
                i += 3;
            }
            else if (!text.AsSpan(i).StartsWith("${", StringComparison.Ordinal))
            {
                result.Append(text[i++]);
            }
            else
            {
                i = Fill(text, i + 2, environment, result, problems);
            }

            if (result.Length > longest)
            {
                return new VariableExpansion("", [new("The file is too long with its variables filled in.", "Use shorter variables, or fewer of them.")]);
            }
        }

        return new VariableExpansion(result.ToString(), problems);
    }

    private static int Fill(string text, int start, Func<string, string?> environment, StringBuilder result, List<VariableProblem> problems)
    {
        var end = text.IndexOf('}', start);
        if (end < 0)
        {
            problems.Add(new("A variable is not closed.", "Write it as ${NAME}, or $${ for the two characters."));
            return text.Length;
        }

        var name = text[start..end];
        if (!IsName(name))
        {
            problems.Add(new("A variable's name is not valid.", "Use A-Z, a-z, 0-9 and _, not starting with a digit: ${NAME}."));
        }
        else if (environment(name) is { Length: > 0 } value)
        {
            result.Append(value);
        }
        else
        {
            problems.Add(Unset(name));
        }

        return end + 1;
    }

    private static VariableProblem Unset(string name) => NameText.IsShownVariable(name)
        ? new($"The environment variable {name} is not set or empty.", $"Set {name} for the process that reads this file.")
        : new(
            "The environment variable is not set or empty. Its name is not shown, since it could be a secret.",
            "Between ${ and } write the name of a variable, in capitals, and set the variable to the secret.");

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 255 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

/// <summary>A text with its variables filled in.</summary>
/// <param name="Text">The text; not to be shown, it may hold a secret.</param>
/// <param name="Problems">What could not be filled in.</param>
internal sealed record VariableExpansion(string Text, IReadOnlyList<VariableProblem> Problems);

/// <summary>A variable that could not be filled in.</summary>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record VariableProblem(string Message, string Remedy);
