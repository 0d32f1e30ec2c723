using System.Security.Cryptography;
using Adit.Api;
using Adit.Content.Files;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary>A hub in its own process with the volume <c>churn/data</c>, which is killed and started again on its data, and directories that go to it and come back.</summary>
internal sealed class VolumeHub : IAsyncDisposable
{
    private readonly TempDirectory _here;
    private int _count;

    private VolumeHub(TempDirectory here, string data, HubProcess hub) => (_here, Data, Hub) = (here, data, hub);

    /// <summary>The hub's data directory.</summary>
    public string Data { get; }

    /// <summary>The hub as it was started last.</summary>
    public HubProcess Hub { get; private set; }

    /// <summary>The volume.</summary>
    public static VolumeName Volume { get; } = new("churn", "data");

    /// <summary>The store of the project.</summary>
    public string Store => Path.Combine(Data, "content", "churn");

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    /// <summary>Starts it.</summary>
    /// <param name="data">Its data directory; null for one of its own.</param>
    public static async Task<VolumeHub> StartAsync(string? data = null)
    {
        var here = new TempDirectory();
        data ??= here.File("hub");
        var volumes = new VolumeHub(here, data, await HubProcess.StartAsync(data));
        using var api = volumes.Api();
        await api.CreateProjectAsync(new CreateProjectRequest { Name = Volume.Project }, Deadline);
        await api.CreateVolumeAsync(new CreateVolumeRequest { Project = Volume.Project, Name = Volume.Name, Kind = VolumeKind.Dataset }, Deadline);
        return volumes;
    }

    /// <summary>Kills it; what it has in memory is gone.</summary>
    public async Task KillAsync()
    {
        Hub.Process.Send(Signal.Kill);
        await Hub.Process.WaitForExitAsync();
    }

    /// <summary>Asks it to end.</summary>
    public Task StopAsync() => Hub.Process.StopAsync();

    /// <summary>Starts it again, where it was.</summary>
    public async Task StartAgainAsync()
    {
        var before = Hub;
        Hub = await HubProcess.StartAsync(Data, before.Port);
        await before.DisposeAsync();
    }

    /// <summary>A client; through another address when one is given.</summary>
    public HubApi Api(Uri? through = null)
    {
        var url = through ?? new Uri(Hub.Url);
        return new HubApi(new HubAccess { Url = url, Token = Hub.AdminToken, Proxy = null }.CreateHttpClient(), url);
    }

    /// <summary>A directory that is not there yet.</summary>
    public string Directory() => _here.File($"d{Interlocked.Increment(ref _count)}");

    /// <summary>A directory with files of random bytes and some of text, beneath two directories.</summary>
    public string Directory(Random random, int files, int bytes)
    {
        var directory = Directory();
        for (var i = 0; i < files; i++)
            Add(directory, random, $"f{i}", bytes);
        return directory;
    }

    /// <summary>Adds a file: every third is text.</summary>
    public static void Add(string directory, Random random, string name, int bytes)
    {
        var content = new byte[random.Next(bytes / 2, bytes)];
        random.NextBytes(content);
        if (random.Next(3) == 0)
            content = Array.ConvertAll(content, static b => (byte)('a' + (b % 8)));
        var beneath = Path.Combine(directory, random.Next(2) == 0 ? "left" : "right");
        System.IO.Directory.CreateDirectory(beneath);
        File.WriteAllBytes(Path.Combine(beneath, name), content);
    }

    /// <summary>Pushes as a client of its own would that keeps what it knows in <paramref name="cache"/>.</summary>
    public async Task<PushResult> PushAsync(string directory, string? cache = null, string branch = "main", Uri? through = null, string? message = null)
    {
        using var api = Api(through);
        var transfer = new VolumeTransfer(api, new Uri(Hub.Url), cache ?? _here.File("cache"), TimeProvider.System);
        return await transfer.PushAsync(directory, Volume, new PushOptions { Branch = branch, Message = message }, Deadline);
    }

    /// <summary>Pulls a snapshot into a directory, a new one when none is given, and returns it.</summary>
    public async Task<string> PullAsync(string snapshot, string? directory = null, Uri? through = null)
    {
        directory ??= Directory();
        using var api = Api(through);
        var transfer = new VolumeTransfer(api, new Uri(Hub.Url), _here.File("cache"), TimeProvider.System);
        await transfer.PullAsync(Volume with { Snapshot = snapshot }, directory, new CheckoutOptions(), Deadline);
        return directory;
    }

    /// <summary>What the hub says of its stores, with every byte read.</summary>
    public async Task<StoreCheckReport> CheckAsync()
    {
        using var api = Api();
        return await api.CheckStoreAsync(readData: true, Deadline);
    }

    /// <summary>All snapshots of the volume.</summary>
    public async Task<IReadOnlyList<ApiSnapshot>> LogAsync()
    {
        using var api = Api();
        return await api.ListSnapshotsAsync(Volume, null, int.MaxValue, Deadline);
    }

    /// <summary>What lies in a directory: a line for each file, with its path and the SHA-256 of its bytes.</summary>
    public static string Content(string directory) => string.Join('\n', System.IO.Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
        .Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(directory, f)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _here.Dispose();
    }
}
