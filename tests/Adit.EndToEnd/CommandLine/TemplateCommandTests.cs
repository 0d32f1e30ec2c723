using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary><c>adit template</c>, as docs/guide/templates.md shows it.</summary>
[SupportedOSPlatform("linux")]
public sealed class TemplateCommandTests
{
    private const string Train =
        """
        apiVersion: adit/v1
        kind: Template
        metadata: {slug: train, name: Training}
        spec:
          type: job
          source: {command: [python3, train.py, "--rate={{param.rate}}"]}
          parameters:
            - {name: rate, type: number, default: 0.1, min: 0, max: 1}

        """;

    [Fact(Timeout = 120_000)]
    public async Task A_document_is_checked_without_a_hub_and_its_mistakes_are_told_with_their_places()
    {
        using var files = new TempDirectory();
        files.Write("good.yaml", Train);
        files.Write("bad.yaml", Train.Replace("command:", "comand:", StringComparison.Ordinal).Replace("min: 0", "min: low", StringComparison.Ordinal));
        var alone = new Dictionary<string, string?> { ["ADIT_DATA"] = files.File("client") };
        Assert.Contains("is a valid template", await AditProcess.RunAsync(["template", "test", files.File("good.yaml")], alone), StringComparison.Ordinal);
        await using var bad = AditProcess.Start(["template", "test", files.File("bad.yaml")], alone);
        Assert.Equal(2, await bad.WaitForExitAsync());
        var lines = bad.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            [
                $"{files.File("bad.yaml")}:6:12: unknown key 'comand' in spec.source; did you mean 'command'?",
                $"{files.File("bad.yaml")}:8:53: spec.parameters[0].min: 'low' is not a number",
            ],
            lines);
        using var json = JsonDocument.Parse(await AditProcess.RunAsync(["template", "test", files.File("bad.yaml"), "--json"], alone, expectedExitCode: 2));
        Assert.Equal((false, 6), (json.RootElement.GetProperty("isValid").GetBoolean(), json.RootElement.GetProperty("problems")[0].GetProperty("line").GetInt32()));
        await AditProcess.RunAsync(["template", "test", files.File("missing.yaml")], alone, expectedExitCode: 2);
        using var schema = JsonDocument.Parse(await AditProcess.RunAsync(["template", "schema"], alone));
        Assert.Equal("Adit template", schema.RootElement.GetProperty("title").GetString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_template_is_tested_pushed_listed_taken_back_and_removed()
    {
        await using var hub = await HubProcess.StartAsync();
        using var files = new TempDirectory();
        files.Write("train.yaml", Train);
        Task<string> Adit(params string[] line) => AditProcess.RunAsync(["template", .. line], hub.ClientEnvironment);

        Assert.Contains("WOULD RUN  python3 train.py --rate=0.5", await Adit("test", files.File("train.yaml"), "--set", "rate=0.5"), StringComparison.Ordinal);
        await AditProcess.RunAsync(["template", "test", files.File("train.yaml"), "--set", "rate=2"], hub.ClientEnvironment, expectedExitCode: 2);
        await Adit("push", files.File("train.yaml"));
        files.Write("train.yaml", Train.Replace("0.1", "0.2", StringComparison.Ordinal));
        await Adit("push", files.File("train.yaml"), "--note", "faster");
        await Adit("publish", "train", "--version", "1");
        using (var versions = JsonDocument.Parse(await Adit("versions", "train", "--json")))
            Assert.Equal([3, 2, 1], versions.RootElement.EnumerateArray().Select(static v => v.GetProperty("version").GetInt32()));
        Assert.Equal(Train.TrimEnd(), (await Adit("show", "train", "--yaml")).TrimEnd());
        Assert.Contains("rate (number, 0.1)", await Adit("show", "train"), StringComparison.Ordinal);
        using (var list = JsonDocument.Parse(await Adit("ls", "--json")))
            Assert.Superset(new HashSet<string> { "train", "jupyter", "shiny", "command" }, list.RootElement.EnumerateArray().Select(static t => t.GetProperty("slug").GetString()!).ToHashSet());
        await Adit("rm", "train");
        await AditProcess.RunAsync(["template", "show", "train"], hub.ClientEnvironment, expectedExitCode: 4);
        await AditProcess.RunAsync(["template", "rm", "jupyter"], hub.ClientEnvironment, expectedExitCode: 4);
    }
}
