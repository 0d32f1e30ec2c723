using Adit.Terminal;

namespace Adit.Tests.Terminal;

/// <summary>What a terminal is shown of what tasks wrote.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain text, ünïcode and\ttabs", "plain text, ünïcode and\ttabs")]
    [InlineData("\e[1;31mred\e[0m", "\e[1;31mred\e[0m\e[0m")]
    [InlineData("\e[38:5:9mred", "\e[38:5:9mred\e[0m")]
    [InlineData("a\e]52;c;ZXZpbA==\ab", "ab")] // The clipboard.
    [InlineData("a\e]0;title\e\\b", "ab")]
    [InlineData("a\u009d0;title\u009cb", "ab")]
    [InlineData("a\e]0;never ended", "a")]
    [InlineData("a\e[2J\e[1;1Hb\e[5Ac", "abc")]
    [InlineData("a\u009b6nb", "ab")] // Where is the cursor? Answered as if typed.
    [InlineData("a\e[>4;1mb\e[?25lc", "abc")] // No colours, though one ends as they do.
    [InlineData("a\eP$q\e\\b\e(0c\ec", "abc")]
    [InlineData("a\b\b\u007f\ab", "ab")]
    [InlineData("10%\r50%\r100%", "100%")]
    [InlineData("windows\r", "windows")]
    [InlineData("a\u202eb\u2066c", "abc")]
    [InlineData("\e", "")]
    [InlineData("\e[", "")]
    [InlineData("\e[31", "")]
    public void A_terminal_is_shown_text_and_colours_and_obeys_nothing_else(string written, string shown) => Assert.Equal(shown, TerminalText.Safe(written));
}
