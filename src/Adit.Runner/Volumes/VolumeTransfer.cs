using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Files;
using Adit.Content.Trees;
using Adit.Runner.Hubs;

namespace Adit.Runner.Volumes;

/// <summary>What a push did.</summary>
/// <param name="Created">The snapshot.</param>
/// <param name="Scan">What was found and sent.</param>
/// <param name="SentBytes">Bytes of frames that crossed the wire.</param>
public sealed record PushResult(CreatedSnapshot Created, ScanResult Scan, long SentBytes);

/// <summary>Brings directories to volumes and back.</summary>
/// <param name="api">The hub.</param>
/// <param name="hub">Its address: what is known of a directory is known for one hub.</param>
/// <param name="cache">Where what is known of directories is kept; it can be deleted at any time.</param>
/// <param name="time">The clock.</param>
public sealed class VolumeTransfer(HubApi api, Uri hub, string cache, TimeProvider time)
{
    /// <summary>Makes a snapshot of a directory. When nothing is different from the branch's newest, there is no new one.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="volume">The volume; a snapshot of it names the branch.</param>
    /// <param name="message">What is said of it.</param>
    /// <param name="options">How the directory is scanned.</param>
    /// <param name="cancellationToken">Gives up; what was sent is found again by the next push.</param>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public async Task<PushResult> PushAsync(string directory, VolumeName volume, string? message, ScanOptions options, CancellationToken cancellationToken)
    {
        var of = await api.GetVolumeAsync(volume, cancellationToken);
        var branch = volume.Snapshot ?? "main";
        var head = of.Refs.FirstOrDefault(r => !r.IsTag && r.Name == branch)?.Snapshot ?? of.Latest?.Id;
        var chunks = new HubChunks(api, volume, time);
        var index = IndexPath(directory, of);
        for (var isSecond = false; ; isSecond = true)
        {
            var scan = await TreeScan.RunAsync(chunks, directory, options with { IndexPath = index, Time = time }, cancellationToken);
            var request = new CreateSnapshotRequest
            {
                Root = scan.Root.Id.ToString(), Entries = scan.Root.Entries, Files = scan.Root.Files, Bytes = scan.Root.Bytes,
                Branch = branch, Parent = head, Message = message, Cause = "upload", UploadedBytes = chunks.SentBytes,
            };
            try
            {
                return new PushResult(await api.CreateSnapshotAsync(volume, request, cancellationToken), scan, chunks.SentBytes);
            }
            catch (HubApiException e) when (!isSecond && e.Code == "missing-chunks")
            {
                // The hub has lost what the index says was sent: a store that was set back, or damage that was found. All files are read again.
                File.Delete(index);
            }
        }
    }

    /// <summary>Makes a directory what a snapshot is; the branch <c>main</c>'s newest when the volume names none.</summary>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="CheckoutConflictException">What was changed in the directory would be lost.</exception>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public async Task<(ApiSnapshot Snapshot, CheckoutResult Result)> PullAsync(VolumeName volume, string directory, CheckoutOptions options, CancellationToken cancellationToken)
    {
        var of = await api.GetVolumeAsync(volume, cancellationToken);
        var snapshot = await api.GetSnapshotAsync(volume, volume.Snapshot ?? "latest", cancellationToken);
        var chunks = new HubChunks(api, volume, time);
        var root = new DirectoryRef(ChunkId.Parse(snapshot.Root), snapshot.Entries, snapshot.Files, snapshot.Bytes);
        Directory.CreateDirectory(directory);
        return (snapshot, await TreeCheckout.RunAsync(chunks, root, directory, options with { IndexPath = IndexPath(directory, of), Time = time }, cancellationToken));
    }

    // One for each directory, hub and volume.
    private string IndexPath(string directory, ApiVolume volume)
    {
        Directory.CreateDirectory(cache);
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{Path.GetFullPath(directory)}\n{hub}\n{volume.Id}"));
        return Path.Combine(cache, Convert.ToHexStringLower(key.AsSpan(0, 16)) + ".index");
    }
}
