namespace Adit.Terminal;

/// <summary>Measures and cuts text that holds SGR escape sequences of ours (ESC [ … m), which take no room.</summary>
internal static class AnsiText
{
    /// <summary>What ends all styles, where there are any.</summary>
    public static string Reset(bool color) => color ? "\x1b[0m" : "";

    /// <summary>Columns.</summary>
    public static int Length(string text)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\x1b')
                i = End(text, i);
            else if (!char.IsLowSurrogate(text[i]))
                length++;
        }

        return length;
    }

    /// <summary>At most <paramref name="width"/> columns, with an ellipsis where something is missing.</summary>
    public static string Cut(string text, int width)
    {
        if (Length(text) <= width)
            return text;
        var column = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\x1b')
                i = End(text, i);
            else if (!char.IsLowSurrogate(text[i]) && ++column == width)
                return text[..i] + "…";
        }

        return text;
    }

    private static int End(string text, int start)
    {
        var end = text.IndexOf('m', start);
        return end < 0 ? text.Length - 1 : end;
    }
}
