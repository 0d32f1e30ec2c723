using System.Buffers;
using System.Text;

namespace Adit.Terminal;

/// <summary>
/// What a program wrote, for a terminal that shall show it and obey nothing but its colours: a log may be somebody else's, and a terminal's sequences
/// (ECMA-48, XTerm Control Sequences) set clipboards and titles, ask questions that are answered as if typed, and hide what stands there.
/// </summary>
internal static class TerminalText
{
    private const char Escape = '\e';
    private const char Bell = '\a';
    private const int LongestColor = 64;
    private const string Reset = "\e[0m";
    private static readonly SearchValues<char> ColorWords = SearchValues.Create("0123456789;:");

    /// <summary>One line without what is obeyed, except colours (SGR), which end with it.</summary>
    public static string Safe(string line)
    {
        if (!line.AsSpan().ContainsAnyInRange('\0', '\x1f') && !line.AsSpan().ContainsAnyInRange('\x7f', '\x9f') && !line.Any(TurnsAround))
            return line;
        var safe = new StringBuilder(line.Length);
        var isColored = false;
        for (var at = 0; at < line.Length; at++)
        {
            var c = line[at];
            if (c == Escape || c is >= '\x80' and <= '\x9f')
            {
                var end = EndOf(line, at);
                if (IsColor(line.AsSpan(at, end - at)))
                {
                    safe.Append(line, at, end - at);
                    isColored = true;
                }

                at = end - 1;
            }
            else if (c == '\r' && at < line.Length - 1)
            {
                safe.Clear(); // A progress bar that was written over itself: its last state.
                isColored = false;
            }
            else if (c == '\t' || (!char.IsControl(c) && !TurnsAround(c)))
            {
                safe.Append(c);
            }
        }

        return isColored ? safe.Append(Reset).ToString() : safe.ToString();
    }

    // Past the sequence that begins here; one that is not ended takes the rest of the line with it.
    private static int EndOf(string line, int at)
    {
        var kind = line[at] != Escape ? (char)(line[at] - 0x40) : at + 1 < line.Length ? line[at + 1] : '\0'; // C1 is ESC and a character in one.
        var next = Math.Min(line.Length, at + (line[at] == Escape ? 2 : 1));
        if (kind == '[')
        {
            while (next < line.Length && line[next] is >= ' ' and <= '?')
                next++;
            return next < line.Length && line[next] is >= '@' and <= '~' ? next + 1 : next;
        }

        if (kind is ']' or 'P' or 'X' or '^' or '_') // Strings: up to BEL or ST.
        {
            for (; next < line.Length; next++)
            {
                if (line[next] is Bell or '\x9c')
                    return next + 1;
                if (line[next] == Escape)
                    return next + 1 < line.Length && line[next + 1] == '\\' ? next + 2 : next;
            }

            return line.Length;
        }

        if (line[at] != Escape || kind is not (>= ' ' and <= '/'))
            return next;
        while (next < line.Length && line[next] is >= ' ' and <= '/')
            next++;
        return Math.Min(line.Length, next + 1);
    }

    private static bool IsColor(ReadOnlySpan<char> sequence) =>
        sequence is [Escape, '[', .., 'm'] && sequence.Length <= LongestColor && !sequence[2..^1].ContainsAnyExcept(ColorWords);

    // Bidirectional overrides and isolates: what is read is not what stands there.
    private static bool TurnsAround(char c) => c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069';
}
