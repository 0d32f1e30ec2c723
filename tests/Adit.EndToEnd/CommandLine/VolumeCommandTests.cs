using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>The lines about volumes, as docs/guide/volumes.md shows them.</summary>
[SupportedOSPlatform("linux")]
public sealed class VolumeCommandTests : IAsyncLifetime
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
    public async Task A_directory_is_pushed_changed_compared_pulled_elsewhere_tagged_and_taken_back()
    {
        Assert.Contains("There was no project churn: it is made", await Adit("volume", "create", "churn/data", "--kind", "dataset"), StringComparison.Ordinal);
        Write("d/train/a.csv", string.Join('\n', Enumerable.Range(0, 20_000)));
        Write("d/notes.txt", "hello\n");
        Write("d/.adit/own", "never sent");
        var first = await JsonAsync("push", D, "churn/data", "-m", "first", "--json");
        Assert.Equal((2, 2, true, false, "main"), (Long(first, "files"), Long(first, "readFiles"), Is(first, "isNew"), Is(first, "isDiverged"), Text(first, "branch")));
        Assert.Equal((Long(first, "bytes"), 0), (Long(first, "readBytes"), first.GetProperty("warnings").GetArrayLength()));
        Assert.InRange(Long(first, "uploadedBytes"), 1, Long(first, "newBytes"));
        Assert.Contains("nothing has changed", await Adit("push", D, "churn/data"), StringComparison.Ordinal);

        Write("d/notes.txt", "hello\nmore\n");
        File.Move(_files.File("d/train/a.csv"), _files.File("d/train/b.csv"));
        var second = await JsonAsync("push", D, "churn/data", "-m", "second", "--json");
        var log = (await JsonAsync("volume", "log", "churn/data", "--json")).EnumerateArray().ToArray();
        Assert.Equal(["second", "first"], log.Select(static s => Text(s, "message")));
        Assert.Equal([Text(second, "snapshot"), Text(first, "snapshot")], log.Select(static s => Text(s, "id")));
        var a = Text(first, "snapshot")[..12];
        Assert.Equal("M notes.txt (+5 B)\nR train/a.csv -> train/b.csv", await Adit("diff", $"churn/data@{a}", "@main"));
        var diff = await JsonAsync("diff", $"churn/data@{a}", $"churn/data@{Text(second, "snapshot")}", "--json");
        Assert.Equal(["changed", "moved"], diff.GetProperty("changes").EnumerateArray().Select(static c => Text(c, "kind")));

        await Adit("volume", "tag", $"churn/data@{a}", "v1");
        await Adit("pull", "churn/data", _files.File("e"));
        Assert.Equal("hello\nmore\n", Read("e/notes.txt"));
        Assert.False(Directory.Exists(_files.File("e/.adit")));
        await Adit("pull", "churn/data@v1", _files.File("e"));
        Assert.Equal(("hello\n", true, false), (Read("e/notes.txt"), File.Exists(_files.File("e/train/a.csv")), File.Exists(_files.File("e/train/b.csv"))));
        Assert.Equal("hello\nmore", await Adit("cp", "churn/data:notes.txt", "-"));
        await Adit("cp", "churn/data@v1:train/a.csv", _files.File("out.csv"));
        Assert.Equal(Read("e/train/a.csv"), Read("out.csv"));

        await Adit("volume", "create", "churn/copy", "--from", "churn/data@v1");
        Assert.Equal("hello", await Adit("cp", "churn/copy:notes.txt", "-"));
        await Adit("volume", "rm", "churn/copy", "--yes");

        // Back to the first: the branch goes on with what it was.
        Assert.True(Is(await JsonAsync("push", _files.File("e"), "churn/data", "-m", "back", "--replace", "--json"), "isNew"));
        Assert.Empty(await OutputAsync("diff", "churn/data@v1"));
        await Adit("volume", "tag", "churn/data", "v1", "--remove");
        Assert.Contains("--yes", await Adit(2, "volume", "rm", "churn/data"), StringComparison.Ordinal);
        await Adit("volume", "rm", "churn/data", "--yes");
        await Adit("store", "gc");
        Assert.Equal(0, Long((await JsonAsync("store", "stats", "--json")).GetProperty("projects")[0], "snapshots"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_who_push_what_they_pulled_undo_nothing_of_each_other()
    {
        await Adit("volume", "create", "churn/data");
        Write("d/a", "1");
        await Adit("push", D, "churn/data");
        await Adit("pull", "churn/data", _files.File("e"));
        Write("d/a", "12");
        await Adit("push", D, "churn/data", "-m", "mine");
        var behind = await JsonAsync("push", _files.File("e"), "churn/data", "--json");
        Assert.Equal((false, false, true), (Is(behind, "isNew"), Is(behind, "isDiverged"), Is(behind, "isBehind")));
        Write("e/b", "3");
        var said = await Adit("push", _files.File("e"), "churn/data", "-m", "theirs");
        Assert.Contains("the snapshot has a branch of its own: main-admin-", said, StringComparison.Ordinal);
        Assert.Contains("--replace", said, StringComparison.Ordinal);
        Assert.Equal("12", await Adit("cp", "churn/data:a", "-"));
        await Adit("push", _files.File("e"), "churn/data", "--branch", "dev", "-m", "a branch from here");
        Assert.Equal("3", await Adit("cp", "churn/data@dev:b", "-"));
        await Adit("push", _files.File("e"), "churn/data", "--replace");
        Assert.Equal("1", await Adit("cp", "churn/data:a", "-"));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_was_changed_here_is_not_lost_by_a_pull_unless_that_is_asked_for()
    {
        await Adit("volume", "create", "churn/data");
        Write("d/a", "1");
        await Adit("push", D, "churn/data");
        await Adit("pull", "churn/data", _files.File("e"));
        Write("d/a", "2");
        await Adit("push", D, "churn/data");
        Write("e/a", "mine");
        Write("e/other", "mine too");
        var refused = await Adit(1, "pull", "churn/data", _files.File("e"));
        Assert.Contains("Nothing was written. Push the directory first, or say --overwrite.", refused, StringComparison.Ordinal);
        Assert.Equal("mine", Read("e/a"));
        await Adit(2, "pull", "churn/data", _files.File("e"), "--remove-others");
        await Adit("pull", "churn/data", _files.File("e"), "--overwrite");
        Assert.Equal(("2", "mine too"), (Read("e/a"), Read("e/other")));
        await Adit("pull", "churn/data", _files.File("e"), "--overwrite", "--remove-others");
        Assert.False(File.Exists(_files.File("e/other")));
    }

    [Fact(Timeout = 120_000)]
    public async Task What_cannot_be_says_why_and_what_to_do()
    {
        await Adit("volume", "create", "churn/data");
        Write("d/a", "1");
        Assert.Contains("There is no directory", await Adit(4, "push", _files.File("none"), "churn/data"), StringComparison.Ordinal);
        Assert.Contains("There is no volume 'churn/none'", await Adit(4, "push", D, "churn/none"), StringComparison.Ordinal);
        Assert.Contains("There is no volume 'none/data'", await Adit(4, "push", D, "none/data"), StringComparison.Ordinal);
        Assert.Contains("write PROJECT/VOLUME", await Adit(2, "push", D, "data"), StringComparison.Ordinal);
        Assert.Contains("There is no snapshot 'v9'", await Adit(4, "pull", "churn/data@v9", _files.File("e")), StringComparison.Ordinal);
        Assert.Contains("names no file", await Adit(2, "cp", "churn/data", "-"), StringComparison.Ordinal);

        // Rules that cannot be used would have left something out.
        Write("d/sub/.aditignore", new string('a', 300_000));
        Assert.Contains("cannot be used", await Adit(1, "push", D, "churn/data", "--skip-unreadable"), StringComparison.Ordinal);
        File.Delete(_files.File("d/sub/.aditignore"));
        // What nobody can read, not even root.
        Directory.CreateDirectory(_files.File("d/sub/" + string.Concat(Enumerable.Repeat("x/", 1001))));
        Assert.Contains("Nothing was made. Mend that, leave it out by '.aditignore', or say --skip-unreadable.", await Adit(1, "push", D, "churn/data"), StringComparison.Ordinal);
        Assert.Empty((await JsonAsync("volume", "log", "churn/data", "--json")).EnumerateArray());
        Assert.Contains("more than 1000 deep", await Adit("push", D, "churn/data", "--skip-unreadable"), StringComparison.Ordinal);
        Write("d/big.tmp", "x");
        Assert.Equal(1, Long(await JsonAsync("push", D, "churn/data", "--ignore", "*.tmp", "--ignore", "/sub", "--force-read", "--json"), "files"));

        await Adit("user", "create", "maria");
        await Adit("project", "member", "add", "churn", "maria", "--role", "viewer");
        var token = await AditProcess.TokenAsync(["token", "create", "m", "--account", "maria"], Environment);
        var viewer = new Dictionary<string, string?>(Environment) { ["ADIT_TOKEN"] = token };
        Assert.Contains("Only members of the project 'churn'", await AditProcess.RunAsync(["push", D, "churn/data"], viewer, expectedExitCode: 3), StringComparison.Ordinal);
        await AditProcess.RunAsync(["pull", "churn/data", _files.File("viewed")], viewer);
        Assert.Contains("Only admins", await AditProcess.RunAsync(["store", "check"], viewer, expectedExitCode: 3), StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_damaged_pack_is_found_by_the_check_and_mended_by_a_push()
    {
        await Adit("volume", "create", "churn/data");
        Write("d/a", string.Join('\n', Enumerable.Range(0, 50_000)));
        await Adit("push", D, "churn/data");
        Assert.Contains("all is right.", await Adit("store", "check", "--read-data"), StringComparison.Ordinal);
        await _hub.Process.StopAsync();
        var pack = Directory.GetFiles(Path.Combine(_hub.DataDirectory, "content", "churn", "packs"), "*.pack", SearchOption.AllDirectories).MaxBy(static p => new FileInfo(p).Length)!;
        await using (var file = new FileStream(pack, FileMode.Open))
        {
            file.Position = file.Length / 2;
            var was = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)~was);
        }

        await using var again = await HubProcess.StartAsync(_hub.DataDirectory, _hub.Port);
        var found = await Adit(1, "store", "check", "--read-data");
        Assert.Contains("churn: ", found, StringComparison.Ordinal);
        await Adit("push", D, "churn/data", "--force-read", "-m", "mended");
        await Adit("store", "gc");
        Assert.Contains("all is right.", await Adit("store", "check", "--read-data"), StringComparison.Ordinal);
        await Adit("pull", "churn/data", _files.File("e"));
        Assert.Equal(Read("d/a"), Read("e/a"));
    }

    private string D => _files.File("d");

    private IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>(_hub.ClientEnvironment) { ["ADIT_DATA"] = _files.File("client") };

    private void Write(string name, string text) => _files.Write(name, text);

    private string Read(string name) => File.ReadAllText(_files.File(name));

    private Task<string> Adit(params string[] line) => AditProcess.RunAsync(line, Environment);

    private Task<string> Adit(int code, params string[] line) => AditProcess.RunAsync(line, Environment, expectedExitCode: code);

    // Without what is said beside it.
    private async Task<string> OutputAsync(params string[] line) => string.Join('\n', (await Adit(line)).Split('\n').Where(static l => l != "Nothing differs."));

    private async Task<JsonElement> JsonAsync(params string[] line) => JsonDocument.Parse((await Adit(line)).Split('\n').First(static l => l is ['{' or '[', ..])).RootElement;

    private static long Long(JsonElement of, string name) => of.GetProperty(name).GetInt64();

    private static bool Is(JsonElement of, string name) => of.GetProperty(name).GetBoolean();

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
