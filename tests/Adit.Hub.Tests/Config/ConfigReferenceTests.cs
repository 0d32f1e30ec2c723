using System.Text;
using Adit.Hub.Config;
using Adit.Testing;

namespace Adit.Hub.Tests.Config;

public sealed class ConfigReferenceTests
{
    private const string Begin = "<!-- keys: checked by ConfigReferenceTests -->\n";
    private const string End = "<!-- /keys -->";

    [Fact]
    public void The_reference_lists_every_key_as_the_hub_knows_it()
    {
        var path = Repository.Find("docs", "reference", "config.md");
        var text = File.ReadAllText(path);
        var start = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, start, StringComparison.Ordinal);

        // Whoever adds a key runs this test once with ADIT_WRITE_GOLDEN=1.
        if (Environment.GetEnvironmentVariable("ADIT_WRITE_GOLDEN") == "1")
            File.WriteAllText(path, text[..start] + Table() + text[end..]);
        else
            Assert.Equal(Table(), text[start..end]);
    }

    [Fact]
    public void Names_variables_and_flags_are_unique_and_of_one_shape()
    {
        Assert.Equal(ConfigKeys.All.Count, ConfigKeys.All.Select(key => key.Flag).Distinct().Count());
        Assert.Equal(ConfigKeys.All.Count, ConfigKeys.All.Select(key => key.Variable).Distinct().Count());
        Assert.All(ConfigKeys.All, key => Assert.Matches("^[a-z-]+([.][a-z-]+)*$", key.Name));
        Assert.All(ConfigKeys.All, key => Assert.Matches("^--[a-z-]+$", key.Flag));
        Assert.All(ConfigKeys.All, key => Assert.False(key.Help.EndsWith('.'), key.Name));
    }

    private static string Table()
    {
        var defaults = new HubOptions { DataDirectory = "~/.local/share/adit" };
        var table = new StringBuilder("| key | flag | value | default | what it does |\n| --- | --- | --- | --- | --- |\n");
        foreach (var key in ConfigKeys.All)
        {
            var value = key.Word.Replace("|", " or ", StringComparison.Ordinal) + (key.IsList ? ", …" : "");
            var standard = key.Show(defaults) is { Length: > 0 } shown ? $"`{shown}`" : "";
            table.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{key.Name}` | `{key.Flag}` | {value} | {standard} | {key.Help} |\n");
        }

        return table.ToString();
    }
}
