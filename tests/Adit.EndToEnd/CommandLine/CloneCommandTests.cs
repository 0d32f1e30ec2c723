using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>Two people on one volume, as docs/guide/volumes.md has it: clones, merges, conflicts that are mended, and nobody asked without need.</summary>
[SupportedOSPlatform("linux")]
public sealed class CloneCommandTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private HubProcess _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await HubProcess.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _files.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_who_work_on_one_volume_merge_what_they_did()
    {
        await CloneTwiceAsync();
        Write("ada/a.txt", Lines(1, "one"));
        Write("ada/new", "ada's");
        await Adit("push", At("ada"), "-m", "ada's");
        Write("ben/a.txt", Lines(20, "twenty"));
        File.Delete(_files.File("ben/b"));
        var status = await JsonAsync("volume", "status", At("ben"), "--json");
        Assert.Equal(["changed a.txt", "removed b"], status.GetProperty("changes").EnumerateArray().Select(static c => $"{Text(c, "kind")} {Text(c, "path")}"));
        Assert.Equal(1, status.GetProperty("newer").GetArrayLength());
        Assert.Contains("merged main with what is here", await Adit("pull", At("ben")), StringComparison.Ordinal);
        Assert.Equal((Lines(1, "one", 20, "twenty"), "ada's", false), (Read("ben/a.txt"), Read("ben/new"), File.Exists(_files.File("ben/b"))));
        await Adit("push", At("ben"), "-m", "ben's");
        // Nothing was changed here: nothing is merged.
        Assert.DoesNotContain("merged", await Adit("pull", At("ada")), StringComparison.Ordinal);
        Assert.Equal((Read("ben/a.txt"), false), (Read("ada/a.txt"), File.Exists(_files.File("ada/b"))));
        Assert.Contains("main has nothing that is not here", await Adit("pull", At("ada")), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_both_changed_is_marked_listed_and_not_pushed_before_it_is_mended()
    {
        await CloneTwiceAsync();
        Write("ada/a.txt", Lines(5, "ada"));
        await Adit("push", At("ada"));
        Write("ben/a.txt", Lines(5, "ben"));
        Assert.Contains("'adit volume merge churn/data main-", await Adit("push", At("ben")), StringComparison.Ordinal);
        var beside = Text(await JsonAsync("volume", "status", At("ben"), "--json"), "snapshot");
        Assert.Contains("a.txt (both changed the same lines)", await Adit(1, "volume", "merge", "churn/data", beside[..12]), StringComparison.Ordinal);
        Assert.Contains("a.txt (both changed the same lines)", await Adit(1, "pull", At("ben")), StringComparison.Ordinal);
        Assert.Contains("<<<<<<< here\nben\n=======\nada\n>>>>>>> main (", Read("ben/a.txt"), StringComparison.Ordinal);
        Assert.Contains("is not mended yet", await Adit(1, "push", At("ben")), StringComparison.Ordinal);
        Assert.Contains("C a.txt", await Adit("volume", "status", At("ben")), StringComparison.Ordinal);
        Write("ben/a.txt", Lines(5, "both"));
        await Adit("push", At("ben"));
        var newest = (await JsonAsync("volume", "log", "churn/data", "--json"))[0];
        Assert.Equal(("merge", 2), (Text(newest, "cause"), newest.GetProperty("parents").GetArrayLength()));
        Assert.Contains(beside, newest.GetProperty("parents").EnumerateArray().Select(static p => p.GetString()));
        Assert.Contains("has all of", await Adit("volume", "merge", "churn/data", beside), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_clone_tells_no_hub_but_the_one_that_was_said_and_is_found_from_below()
    {
        await CloneTwiceAsync();
        Directory.CreateDirectory(_files.File("ada/sub/deep"));
        Assert.Equal("main", Text(await JsonAsync("volume", "status", At("ada/sub/deep"), "--json"), "branch"));
        var state = Read("ada/.adit/clone.json");
        Write("ada/.adit/clone.json", state.Replace("127.0.0.1", "elsewhere.example", StringComparison.Ordinal));
        Assert.Contains("is a clone from http://elsewhere.example", await Adit(1, "volume", "status", At("ada")), StringComparison.Ordinal);
        Assert.Contains("is a clone from http://elsewhere.example", await Adit(1, "push", At("ada")), StringComparison.Ordinal);
        Write("ada/.adit/clone.json", "{");
        Assert.Contains("is damaged", await Adit(1, "pull", At("ada")), StringComparison.Ordinal);
        Assert.Contains("is in no clone", await Adit(2, "volume", "status", At("d")), StringComparison.Ordinal);
        Assert.Contains("there already and not empty", await Adit(4, "clone", "churn/data", At("ben")), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Snapshots_are_checked_out_taken_back_and_forked()
    {
        await CloneTwiceAsync();
        await Adit("volume", "tag", "churn/data", "v1");
        Write("ada/a.txt", "other\n");
        await Adit("push", At("ada"));
        Write("ada/b", "mine");
        Assert.Contains("would be lost", await Adit(1, "volume", "checkout", "v1", At("ada")), StringComparison.Ordinal);
        Write("ada/b", "b\n");
        await Adit("volume", "checkout", "v1", At("ada"));
        Assert.Equal(Lines(), Read("ada/a.txt"));
        await Adit("volume", "checkout", "main", At("ada"));
        Assert.Equal("other\n", Read("ada/a.txt"));

        await Adit("volume", "restore", "churn/data@v1", "a.txt", "-m", "as it was");
        var newest = (await JsonAsync("volume", "log", "churn/data", "--json"))[0];
        Assert.Equal(("restore", "as it was"), (Text(newest, "cause"), Text(newest, "message")));
        await Adit("pull", At("ada"));
        Assert.Equal(Lines(), Read("ada/a.txt"));
        Assert.Contains("it is so already", await Adit("volume", "restore", "churn/data@v1"), StringComparison.Ordinal);
        await Adit(2, "volume", "restore", "churn/data");

        Assert.Contains("churn/copy is a fork of churn/data@v1", await Adit("volume", "fork", "churn/data@v1", "copy"), StringComparison.Ordinal);
        Assert.Single((await JsonAsync("volume", "log", "churn/copy", "--json")).EnumerateArray());
        Assert.Contains("'adit push DIR other/copy'", await Adit(2, "volume", "fork", "churn/data", "other/copy"), StringComparison.Ordinal);
    }

    private async Task CloneTwiceAsync()
    {
        await Adit("volume", "create", "churn/data");
        Write("d/a.txt", Lines());
        Write("d/b", "b\n");
        await Adit("push", At("d"), "churn/data");
        await Adit("clone", "churn/data", At("ada"));
        await Adit("clone", "churn/data", At("ben"));
    }

    private string At(string name) => _files.File(name);

    private static string Lines(params object[] changed)
    {
        var lines = Enumerable.Range(1, 20).Select(static i => $"{i}").ToArray();
        for (var i = 0; i < changed.Length; i += 2)
            lines[(int)changed[i] - 1] = (string)changed[i + 1];
        return string.Join('\n', lines) + "\n";
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_files.File(name))!);
        File.WriteAllText(_files.File(name), text);
    }

    private string Read(string name) => File.ReadAllText(_files.File(name));

    private IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>(_hub.ClientEnvironment) { ["ADIT_DATA"] = _files.File("client") };

    private Task<string> Adit(params string[] line) => AditProcess.RunAsync(line, Environment);

    private Task<string> Adit(int code, params string[] line) => AditProcess.RunAsync(line, Environment, expectedExitCode: code);

    private async Task<JsonElement> JsonAsync(params string[] line) => JsonDocument.Parse((await Adit(line)).Split('\n').First(static l => l is ['{' or '[', ..])).RootElement;

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
