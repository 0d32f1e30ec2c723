using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Content.Files;
using Adit.Content.Trees;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.Volumes;

/// <summary>A hub with the project <c>churn</c>: ann owns it, ben is a member, cat a viewer, dan nobody. Directories are pushed as a client does it.</summary>
internal sealed class VolumeStage : IAsyncDisposable
{
    private readonly TempDirectory _directories = new();
    private int _count;

    private VolumeStage(TestHub hub) => Hub = hub;

    public TestHub Hub { get; }

    public string Ann { get; private set; } = "";

    public string Ben { get; private set; } = "";

    public string Cat { get; private set; } = "";

    public string Dan { get; private set; } = "";

    public static async Task<VolumeStage> StartAsync(string volume = "data", TimeProvider? time = null)
    {
        var stage = new VolumeStage(await TestHub.StartAsync(time));
        stage.Ann = (await stage.Hub.TokenAsync("ann")).Secret!;
        stage.Ben = (await stage.Hub.TokenAsync("ben")).Secret!;
        stage.Cat = (await stage.Hub.TokenAsync("cat")).Secret!;
        stage.Dan = (await stage.Hub.TokenAsync("dan")).Secret!;
        await stage.ProjectAsync(stage.Ann, "churn");
        (await stage.Hub.SetMemberAsync(stage.Ann, "churn", "account:ben", ProjectRole.Member)).Dispose();
        (await stage.Hub.SetMemberAsync(stage.Ann, "churn", "account:cat", ProjectRole.Viewer)).Dispose();
        using var made = await stage.CreateAsync(stage.Ann, "churn", volume);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return stage;
    }

    public async Task ProjectAsync(string token, string project)
    {
        using var made = await Hub.CreateProjectAsync(token, project);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    public async Task<HttpResponseMessage> CreateAsync(string token, string project, string name)
    {
        using var api = Hub.Api(token);
        return await api.PostAsJsonAsync("/api/v1/volumes", new CreateVolumeRequest { Project = project, Name = name, Kind = VolumeKind.Dataset }, VolumesJson.Default.CreateVolumeRequest);
    }

    /// <summary>A directory with these files: path and text.</summary>
    public string Files(params (string Path, string Text)[] files)
    {
        var directory = _directories.File($"d{_count++}");
        Directory.CreateDirectory(directory);
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(directory, path))!);
            File.WriteAllText(Path.Combine(directory, path), text);
        }

        return directory;
    }

    /// <summary>Sends a directory's chunks.</summary>
    public async Task<DirectoryRef> SendAsync(string token, string directory, string volume = "churn/data")
    {
        using var api = Hub.Api(token);
        return (await TreeScan.RunAsync(new ApiChunks(api, "/api/v1/volumes/" + volume), directory, new ScanOptions(), TestContext.Current.CancellationToken)).Root;
    }

    /// <summary>Asks for a snapshot of a tree.</summary>
    public async Task<HttpResponseMessage> CommitAsync(string token, DirectoryRef root, string? parent, string message = "", string volume = "churn/data")
    {
        using var api = Hub.Api(token);
        var request = new CreateSnapshotRequest { Root = root.Id.ToString(), Entries = root.Entries, Files = root.Files, Bytes = root.Bytes, Parent = parent, Message = message, Cause = "upload" };
        return await api.PostAsJsonAsync($"/api/v1/volumes/{volume}/snapshots", request, VolumesJson.Default.CreateSnapshotRequest);
    }

    /// <summary>Sends a directory and makes a snapshot of it.</summary>
    public async Task<CreatedSnapshot> PushAsync(string token, string directory, string? parent, string message = "", string volume = "churn/data")
    {
        using var answer = await CommitAsync(token, await SendAsync(token, directory, volume), parent, message, volume);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(VolumesJson.Default.CreatedSnapshot))!;
    }

    public async Task<T> GetAsync<T>(string token, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        using var api = Hub.Api(token);
        using var answer = await api.GetAsync($"/api/v1/{path}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(type))!;
    }

    /// <summary>A call about chunks, in binary.</summary>
    public async Task<HttpResponseMessage> ChunksAsync(string token, string what, byte[] body, string volume = "churn/data")
    {
        using var api = Hub.Api(token);
        return await api.PostAsync($"/api/v1/volumes/{volume}/chunks/{what}", new ByteArrayContent(body));
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        _directories.Dispose();
    }
}
