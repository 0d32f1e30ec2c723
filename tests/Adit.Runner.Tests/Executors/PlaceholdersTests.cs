using Adit.Runner.Executors;

namespace Adit.Runner.Tests.Executors;

public sealed class PlaceholdersTests
{
    private static readonly Placeholders Values = new(new Dictionary<string, int> { ["web"] = 8888, ["api"] = 9 }, "web", "/home/{{port}}");

    [Theory]
    [InlineData("nothing", "nothing")]
    [InlineData("--port={{port}}", "--port=8888")]
    [InlineData("{{ port.api }}{{port.web}}", "98888")]
    [InlineData("{{home}}/x", "/home/{{port}}/x")] // What is filled in is not looked at again.
    [InlineData("{{{{port}}", "{{port}}")]
    [InlineData("{port} } }}", "{port} } }}")]
    public void What_is_known_is_filled_in(string text, string filled) =>
        Assert.Equal(filled, Values.Fill(text, "the command"));

    [Theory]
    [InlineData("{{prot}}", "{{prot}} in the command is unknown; there are {{home}}, {{port.web}}, {{port.api}}.")]
    [InlineData("{{port.x}}", "{{port.x}} in the command is unknown; there are {{home}}, {{port.web}}, {{port.api}}.")]
    [InlineData("a {{port", "In the command a placeholder that begins with '{{port' is not closed by '}}'.")]
    public void What_is_not_is_named(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ExecutorException>(() => Values.Fill(text, "the command")).Message);

    [Fact]
    public void A_task_without_ports_has_none_to_fill_in() => Assert.Equal(
        "{{port}} in the command has no value: the task has no ports.",
        Assert.Throws<ExecutorException>(() => new Placeholders(new Dictionary<string, int>(), null, "/").Fill("{{port}}", "the command")).Message);
}
