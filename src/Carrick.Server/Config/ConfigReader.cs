using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Carrick.Server.Config;

/// <summary>Reads YAML into nodes with positions, within <see cref="ConfigLimits"/>. Aliases, tags and a second document are refused, so that a small file cannot grow.</summary>
internal sealed class ConfigReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly ConfigContext _context;
    private readonly IParser _parser;
    private int _nodes;

    private ConfigReader(ConfigContext context, IParser parser) => (_context, _parser) = (context, parser);

    /// <summary>The root, or <see langword="null"/> after an error.</summary>
    public static ConfigMapping? Read(ReadOnlySpan<byte> document, ConfigContext context)
    {
        if (document.Length > ConfigLimits.MaxBytes)
        {
            context.Error(1, 1, "", "The file is larger than 1 MiB.", "Split the integrations over several servers, or remove what is not needed.");
            return null;
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(document);
        }
        catch (DecoderFallbackException)
        {
            context.Error(1, 1, "", "The file is not UTF-8.", "Save it as UTF-8.");
            return null;
        }

        try
        {
            return new ConfigReader(context, new GuardedParser(new Parser(new StringReader(text.TrimStart('\uFEFF'))))).ReadDocument();
        }
        catch (RefusedException refused)
        {
            context.Error(refused.Line, refused.Column, "", refused.Message, refused.Remedy);
            return null;
        }
        catch (YamlException exception)
        {
            // The parser's own words may quote the document, so they are not shown.
            var tab = Array.FindIndex(text.Split('\n'), line => line.AsSpan(0, line.Length - line.AsSpan().TrimStart().Length).Contains('\t'));
            if (tab >= 0)
            {
                context.Error(tab + 1, 1, "", "A tab indents this line.", "Indent with spaces.");
            }
            else
            {
                context.Error(
                    Math.Max(1, exception.Start.Line), Math.Max(1, exception.Start.Column), "", "This is not valid YAML.", "Check the indentation, the quotes and the colons on this line and the one above.");
            }

            return null;
        }
    }

    private ConfigMapping? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
        {
            _context.Error(1, 1, "", "The file is empty.", "Start with 'integrations:'.");
            return null;
        }

        var root = ReadNode("", 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            _context.Error(second.Start.Line, second.Start.Column, "", "The file has a second document.", "Keep one document; remove the '---'.");
            return null;
        }

        if (root is not ConfigMapping)
        {
            _context.Error(root, $"The file must be a mapping, not {root.Kind}.", "Start with 'integrations:'.");
        }

        return root as ConfigMapping;
    }

    private ConfigNode ReadNode(string path, int depth)
    {
        var (line, column) = (_parser.Current!.Start.Line, _parser.Current.Start.Column);
        if (++_nodes > ConfigLimits.MaxNodes || depth > ConfigLimits.MaxDepth)
        {
            var what = depth > ConfigLimits.MaxDepth ? $"nested deeper than {ConfigLimits.MaxDepth} levels" : $"longer than {ConfigLimits.MaxNodes} keys and values";
            throw new RefusedException(line, column, $"The file is {what}.", "Make it simpler.");
        }

        if (_parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
        {
            throw new RefusedException(line, column, "Anchors and aliases are not supported.", "Write the value out.");
        }

        if (_parser.Current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } })
        {
            throw new RefusedException(line, column, "Tags are not supported.", "Remove the '!' and the word behind it.");
        }

        if (_parser.TryConsume<YamlDotNet.Core.Events.Scalar>(out var scalar))
        {
            return new ConfigScalar(path, line, column, scalar.Value, scalar.Style is not ScalarStyle.Plain);
        }

        return _parser.TryConsume<SequenceStart>(out _) ? ReadList(path, line, column, depth) : ReadMapping(path, line, column, depth);
    }

    private ConfigList ReadList(string path, long line, long column, int depth)
    {
        var items = new List<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode($"{path}[{items.Count}]", depth + 1));
        }

        return new ConfigList(path, line, column, items);
    }

    private ConfigMapping ReadMapping(string path, long line, long column, int depth)
    {
        _parser.Consume<MappingStart>();
        var entries = new List<ConfigEntry>();
        var seen = new Dictionary<string, long>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadNode(path, depth + 1) is not ConfigScalar key)
            {
                throw new RefusedException(line, column, "A key is a list or a mapping.", "Use a plain name as the key.");
            }

            var keyPath = ConfigText.Join(path, key.Text);
            var value = ReadNode(keyPath, depth + 1);
            if (!seen.TryAdd(key.Text, key.Line))
            {
                _context.Error(key.Line, key.Column, keyPath, $"The key stands twice; the first is on line {seen[key.Text]}.", "Keep one of them.");
                continue;
            }

            entries.Add(new ConfigEntry(key with { Path = keyPath }, value));
        }

        return new ConfigMapping(path, line, column, entries);
    }

    // Ends the reading from any depth; never leaves this class.
    private sealed class RefusedException(long line, long column, string message, string remedy) : Exception(message)
    {
        public long Line { get; } = line;

        public long Column { get; } = column;

        public string Remedy { get; } = remedy;
    }
}
