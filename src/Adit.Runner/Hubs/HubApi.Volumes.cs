using System.Net.Http.Headers;
using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Volumes, their snapshots and their chunks.</summary>
public sealed partial class HubApi
{
    private static readonly MediaTypeHeaderValue Binary = new("application/octet-stream");

    /// <summary>The volumes that the caller may see, of one project or of all.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiVolume>> ListVolumesAsync(string? project, CancellationToken cancellationToken) => ListAsync(
        "/api/v1/volumes" + (project is null ? "" : $"?project={Uri.EscapeDataString(project)}"), VolumesJson.Default.VolumeList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Makes a volume.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiVolume> CreateVolumeAsync(CreateVolumeRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, VolumesJson.Default.CreateVolumeRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/volumes", content, VolumesJson.Default.ApiVolume, cancellationToken);
    }

    /// <summary>One volume.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiVolume> GetVolumeAsync(VolumeName volume, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, At(volume), null, VolumesJson.Default.ApiVolume, cancellationToken);

    /// <summary>Removes a volume with all its snapshots.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveVolumeAsync(VolumeName volume, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, At(volume), null, cancellationToken);
    }

    /// <summary>Snapshots, newest first: all, or those that one leads back to.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiSnapshot>> ListSnapshotsAsync(VolumeName volume, string? from, int most, CancellationToken cancellationToken) => ListAsync(
        At(volume) + "/snapshots" + (from is null ? "" : $"?from={Uri.EscapeDataString(from)}"), VolumesJson.Default.SnapshotList, static page => (page.Items, page.Next), cancellationToken, most);

    /// <summary>The snapshot that a branch, a tag, an id or the beginning of one names.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiSnapshot> GetSnapshotAsync(VolumeName volume, string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"{At(volume)}/snapshots/{Uri.EscapeDataString(name)}", null, VolumesJson.Default.ApiSnapshot, cancellationToken);

    /// <summary>Makes a snapshot.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<CreatedSnapshot> CreateSnapshotAsync(VolumeName volume, CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, VolumesJson.Default.CreateSnapshotRequest);
        return await SendAsync(HttpMethod.Post, At(volume) + "/snapshots", content, VolumesJson.Default.CreatedSnapshot, cancellationToken);
    }

    /// <summary>Merges a snapshot into a branch.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<MergeOutcome> MergeAsync(VolumeName volume, MergeRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, VolumesJson.Default.MergeRequest);
        return await SendAsync(HttpMethod.Post, At(volume) + "/merges", content, VolumesJson.Default.MergeOutcome, cancellationToken);
    }

    /// <summary>The nearest snapshot that two come from.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiSnapshot> GetCommonAsync(VolumeName volume, string one, string other, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, $"{At(volume)}/common?of={Uri.EscapeDataString(one)}&and={Uri.EscapeDataString(other)}", null, VolumesJson.Default.ApiSnapshot, cancellationToken);

    /// <summary>Takes files of a snapshot back onto a branch.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<CreatedSnapshot> RestoreAsync(VolumeName volume, RestoreRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, VolumesJson.Default.RestoreRequest);
        return await SendAsync(HttpMethod.Post, At(volume) + "/restores", content, VolumesJson.Default.CreatedSnapshot, cancellationToken);
    }

    /// <summary>What differs between two snapshots.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<SnapshotDiff> DiffAsync(VolumeName volume, string from, string to, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, $"{At(volume)}/diff?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}", null, VolumesJson.Default.SnapshotDiff, cancellationToken);

    /// <summary>Names a snapshot.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiSnapshot> SetTagAsync(VolumeName volume, string tag, string snapshot, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new SetTagRequest { Snapshot = snapshot }, VolumesJson.Default.SetTagRequest);
        return await SendAsync(HttpMethod.Put, $"{At(volume)}/tags/{Uri.EscapeDataString(tag)}", content, VolumesJson.Default.ApiSnapshot, cancellationToken);
    }

    /// <summary>Takes a tag away.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveTagAsync(VolumeName volume, string tag, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"{At(volume)}/tags/{Uri.EscapeDataString(tag)}", null, cancellationToken);
    }

    /// <summary>Which snapshots of a volume stay.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<RetentionRule> GetRetentionAsync(VolumeName volume, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, At(volume) + "/retention", null, VolumesJson.Default.RetentionRule, cancellationToken);

    /// <summary>Says which snapshots of a volume stay.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<RetentionRule> SetRetentionAsync(VolumeName volume, RetentionRule rule, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(rule, VolumesJson.Default.RetentionRule);
        return await SendAsync(HttpMethod.Put, At(volume) + "/retention", content, VolumesJson.Default.RetentionRule, cancellationToken);
    }

    /// <summary>Lets go of the snapshots that a volume's rule does not keep, or only says which these are.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<PruneReport> PruneAsync(VolumeName volume, bool dryRun, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"{At(volume)}/prune?dryRun={(dryRun ? "true" : "false")}", null, VolumesJson.Default.PruneReport, cancellationToken);

    /// <summary>Entries of a directory of a snapshot, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<FileEntry>> ListFilesAsync(VolumeName volume, string path, CancellationToken cancellationToken) => ListAsync(
        $"{At(volume)}/files?at={Uri.EscapeDataString(volume.Snapshot ?? "latest")}&path={Uri.EscapeDataString(path)}",
        VolumesJson.Default.FileList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>The bytes of a file of a snapshot; the caller disposes the answer.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<HttpResponseMessage> OpenFileAsync(VolumeName volume, string path, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, $"{At(volume)}/content?at={Uri.EscapeDataString(volume.Snapshot ?? "latest")}&path={Uri.EscapeDataString(path)}", null, cancellationToken);

    /// <summary>What all content takes.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<StorageReport> GetStorageAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/store", null, VolumesJson.Default.StorageReport, cancellationToken);

    /// <summary>Looks whether all content is right.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<StoreCheckReport> CheckStoreAsync(bool readData, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"/api/v1/store/check?readData={(readData ? "true" : "false")}", null, VolumesJson.Default.StoreCheckReport, cancellationToken);

    /// <summary>Makes room of what nobody needs.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<StoreCollectionReport> CollectStoreAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "/api/v1/store/gc", null, VolumesJson.Default.StoreCollectionReport, cancellationToken);

    /// <summary>A call in binary beneath a path; the caller disposes the answer.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    internal async Task<HttpResponseMessage> PostChunksAsync(string at, string what, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = Binary;
        return await SendAsync(HttpMethod.Post, $"{at}/chunks/{what}", content, cancellationToken);
    }

    internal static string At(VolumeName volume) => $"/api/v1/volumes/{Uri.EscapeDataString(volume.Project)}/{Uri.EscapeDataString(volume.Name)}";
}
