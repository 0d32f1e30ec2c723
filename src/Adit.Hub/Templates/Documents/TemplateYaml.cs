using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Adit.Hub.Templates.Documents;

/// <summary>
/// Reads YAML into nodes that know their places. Takes less than YAML has: one document, no anchors and aliases (which can make a small
/// document huge), no tags, no key twice; and bounds size, depth and number of nodes.
/// </summary>
internal static class TemplateYaml
{
    /// <summary>The longest document, in bytes of UTF-8.</summary>
    public const int MostBytes = 64 * 1024;

    private const int MostDepth = 20;
    private const int MostNodes = 5000;

    /// <summary>Reads a document.</summary>
    /// <returns>Its root; null when it cannot be read, as <paramref name="problems"/> say then.</returns>
    public static TemplateNode? Read(string text, TemplateProblems problems)
    {
        if (text.Length > MostBytes || Encoding.UTF8.GetByteCount(text) > MostBytes)
        {
            problems.Add(new Place(1, 1), "the document is longer than 64 KiB");
            return null;
        }

        var parser = new Parser(new Scanner(new StringReader(text.TrimStart('\uFEFF')), skipComments: true));
        try
        {
            return new Reader(parser, problems).Document();
        }
        catch (YamlException e)
        {
            problems.Add(At(e.Start), "this is not YAML: " + Sentence(e));
            return null;
        }
        catch (Refused)
        {
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or InvalidCastException or NullReferenceException)
        {
            // The parser's own mistakes about documents that are none; ours would be no better for them.
            problems.Add(parser.Current is { } last ? At(last.Start) : new Place(1, 1), "this is not YAML: something after this cannot be read");
            return null;
        }
    }

    private static Place At(in Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    // The parser's message starts with its own idea of the position, which is already in front of ours.
    private static string Sentence(YamlException e)
    {
        var message = e.InnerException?.Message ?? e.Message;
        var end = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return string.Concat((end > 0 ? message[(end + 3)..] : message).Take(200).Where(static c => !char.IsControl(c))).TrimEnd('.');
    }

    private sealed class Refused : Exception;

    private sealed class Reader(Parser parser, TemplateProblems problems)
    {
        private int _nodes;

        public TemplateNode? Document()
        {
            Next<StreamStart>();
            if (parser.Current is StreamEnd)
                throw Refuse(new Place(1, 1), "the document is empty; it begins with 'apiVersion: adit/v1'");
            Next<DocumentStart>();
            var root = Node(0);
            Next<DocumentEnd>();
            if (parser.Current is not StreamEnd)
                throw Refuse(At(parser.Current!.Start), "there is a second document; a file holds one template");
            return root;
        }

        private TemplateNode Node(int depth)
        {
            var at = At(parser.Current!.Start);
            if (parser.Current is AnchorAlias)
                throw Refuse(at, "aliases (*name) are not taken; write the value again");
            var start = (NodeEvent)parser.Current;
            if (!start.Anchor.IsEmpty)
                throw Refuse(at, "anchors (&name) are not taken; leave it out");
            if (!start.Tag.IsEmpty && !start.Tag.IsNonSpecific)
                throw Refuse(at, "tags (!name) are not taken; leave it out");
            if (depth > MostDepth)
                throw Refuse(at, string.Create(CultureInfo.InvariantCulture, $"this is nested more than {MostDepth} deep"));
            if (++_nodes > MostNodes)
                throw Refuse(at, string.Create(CultureInfo.InvariantCulture, $"the document has more than {MostNodes} values"));
            parser.MoveNext();
            return start switch
            {
                Scalar scalar => Text(scalar, at),
                SequenceStart => List(at, depth),
                _ => Map(at, depth),
            };
        }

        private TextNode Text(Scalar scalar, Place at)
        {
            // Null characters end strings of the system: what would be run is not what was read.
            if (scalar.Value.Contains('\0', StringComparison.Ordinal))
                problems.Add(at, "a value holds a null character");
            return TextNode.Of(at, scalar.Value, scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true });
        }

        private ListNode List(Place at, int depth)
        {
            var items = new List<TemplateNode>();
            while (parser.Current is not SequenceEnd)
                items.Add(Node(depth + 1));
            parser.MoveNext();
            return new ListNode(at, items);
        }

        private MapNode Map(Place at, int depth)
        {
            var entries = new List<MapEntry>();
            var seen = new Dictionary<string, Place>(StringComparer.Ordinal);
            while (parser.Current is not MappingEnd)
            {
                var keyAt = At(parser.Current!.Start);
                if (Node(depth + 1) is not TextNode { Text: { Length: > 0 and <= 300 } key })
                    throw Refuse(keyAt, "a key has to be a word");
                var value = Node(depth + 1);
                if (seen.TryGetValue(key, out var first))
                {
                    problems.Add(keyAt, string.Create(CultureInfo.InvariantCulture, $"the key '{TemplateProblems.Shown(key)}' is here twice; the first is on line {first.Line}"));
                    continue;
                }

                seen.Add(key, keyAt);
                entries.Add(new MapEntry(key, keyAt, value));
            }

            parser.MoveNext();
            return new MapNode(at, entries);
        }

        private void Next<T>()
            where T : ParsingEvent
        {
            if (parser.Current is null)
                parser.MoveNext();
            if (parser.Current is not T)
                throw Refuse(At(parser.Current!.Start), "this is not YAML: something is missing");
            parser.MoveNext();
        }

        private Refused Refuse(Place at, string message)
        {
            problems.Add(at, message);
            return new Refused();
        }
    }
}
