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
/// <param name="IsBehind">Nothing was changed in the directory, and the branch has gone on from what it is: nothing was made.</param>
public sealed record PushResult(CreatedSnapshot Created, ScanResult Scan, long SentBytes, bool IsBehind);

/// <summary>What is pushed, and how.</summary>
public sealed record PushOptions
{
    /// <summary>The branch that goes on with it.</summary>
    public string Branch { get; init; } = "main";

    /// <summary>What is said of it.</summary>
    public string? Message { get; init; }

    /// <summary>The branch goes on with the directory, whatever was pushed to it since the directory was pulled.</summary>
    public bool Replace { get; init; }

    /// <summary>What a pull into the clone could not merge is mended, also where it does not look so.</summary>
    public bool Resolved { get; init; }

    /// <summary>Every file is read, whatever is known of it.</summary>
    public bool ReadAll { get; init; }

    /// <summary>How the directory is scanned.</summary>
    public ScanOptions Scan { get; init; } = new();
}

/// <summary>Brings directories to volumes and back.</summary>
/// <param name="api">The hub.</param>
/// <param name="hub">Its address: what is known of a directory is known for one hub.</param>
/// <param name="cache">
/// Where what is known of directories is kept. It can be deleted at any time: all files are read again then, and a push does not know any more which snapshot its directory comes from.
/// </param>
/// <param name="time">The clock.</param>
public sealed partial class VolumeTransfer(HubApi api, Uri hub, string cache, TimeProvider time)
{
    /// <summary>The directory that is Adit's own in the topmost one: it is never sent, and left alone by a pull.</summary>
    public const string OwnDirectory = ".adit";

    private const string DefaultBranch = "main";

    // One is for what the hub has lost; others for a hub that dies in them, with what others sent meanwhile and was not on its disk.
    private const int MostScans = 5;

    /// <summary>How far it is; who shows it looks at it now and then.</summary>
    public TransferProgress Progress { get; } = new();

    /// <summary>Makes a snapshot of a directory. When nothing is different from the branch's newest, there is no new one.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up; what was sent is found again by the next push.</param>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="CloneException">What an earlier merge left is not mended, or the branch has gone on since.</exception>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public async Task<PushResult> PushAsync(string directory, VolumeName volume, PushOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var chunks = new HubChunks(api, volume, time);
        var of = await chunks.TryAsync(attempt => api.GetVolumeAsync(volume, attempt.Token), cancellationToken);
        var branch = options.Branch;
        var head = of.Refs.FirstOrDefault(r => !r.IsTag && r.Name == branch)?.Snapshot ?? of.Latest?.Id;
        var clone = CloneState.Read(directory) is { } state && state.VolumeId == of.Id ? state : null;
        if (clone is not null && !options.Resolved && clone.Conflicts.Any(c => c.IsOpen(directory)))
            throw new CloneException("What the last pull could not merge is not mended yet: 'adit volume status' lists it. When the files are as they shall be, say --resolve.");
        var (from, fromRoot) = options.Replace ? default : clone is not null ? (clone.Snapshot, clone.Root) : new DirectoryOrigin(PathOf(directory, of, ".origin")).Read();
        Progress.Follow(chunks);
        var index = PathOf(directory, of, ".index");
        // Who may not write is told by the hub, and before a million files are read.
        if (!of.May.Contains("write"))
            await chunks.FindMissingAsync(new ChunkId[1], new bool[1], cancellationToken);
        if (options.ReadAll)
            File.Delete(index);
        var scanning = Scanning(options.Scan, index);
        for (var scans = 1; ; scans++)
        {
            var scan = await TreeScan.RunAsync(chunks, directory, scanning, cancellationToken);
            var root = scan.Root.Id.ToString();
            // Nothing was changed here, and others have gone on: there is nothing to bring together.
            if (from is not null && from != head && root == fromRoot && of.Refs.Any(r => !r.IsTag && r.Name == branch))
            {
                var here = await api.GetSnapshotAsync(volume, from, cancellationToken);
                return new PushResult(new CreatedSnapshot { Snapshot = here, Branch = branch, IsNew = false, IsDiverged = false }, scan, chunks.SentBytes, true);
            }

            var request = new CreateSnapshotRequest
            {
                Root = root, Entries = scan.Root.Entries, Files = scan.Root.Files, Bytes = scan.Root.Bytes,
                Branch = branch, Parent = from ?? head, Message = options.Message, Cause = "upload", UploadedBytes = chunks.SentBytes,
            };
            try
            {
                // Asking twice makes it once: the hub knows again what it made.
                var created = options.Replace || clone?.MergedFrom is not { } other || await MergeAsync(volume, request, other, chunks, cancellationToken) is not { } merged
                    ? await chunks.TryAsync(attempt => api.CreateSnapshotAsync(volume, request, attempt.Token), cancellationToken)
                    : merged;
                Remember(directory, of, created.Snapshot);
                return new PushResult(created, scan, chunks.SentBytes, false);
            }
            catch (HubApiException e) when (scans < MostScans && e.Code == "missing-chunks")
            {
                // The hub has lost what the index says was sent: a store that was set back, damage, or a collection. All files are read again.
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
        ArgumentNullException.ThrowIfNull(volume);
        var chunks = new HubChunks(api, volume, time);
        var of = await chunks.TryAsync(attempt => api.GetVolumeAsync(volume, attempt.Token), cancellationToken);
        var snapshot = await chunks.TryAsync(attempt => api.GetSnapshotAsync(volume, volume.Snapshot ?? DefaultBranch, attempt.Token), cancellationToken);
        Progress.Follow(chunks, snapshot.Files, snapshot.Bytes);
        var root = new DirectoryRef(ChunkId.Parse(snapshot.Root), snapshot.Entries, snapshot.Files, snapshot.Bytes);
        Directory.CreateDirectory(directory);
        var checkout = options with { IndexPath = PathOf(directory, of, ".index"), Time = time, Keep = [.. options.Keep, OwnDirectory], Progress = Progress.CheckedOut };
        var result = await TreeCheckout.RunAsync(chunks, root, directory, checkout, cancellationToken);
        Remember(directory, of, snapshot);
        return (snapshot, result);
    }

    // What a clone merged comes from both; null when the branch has it already, and it is a snapshot like any other.
    private async Task<CreatedSnapshot?> MergeAsync(VolumeName volume, CreateSnapshotRequest request, string from, HubChunks chunks, CancellationToken cancellationToken)
    {
        var asked = new MergeRequest
        {
            From = from, Into = request.Branch, Parent = request.Parent, Message = request.Message, Root = request.Root, Entries = request.Entries, Files = request.Files, Bytes = request.Bytes,
        };
        MergeOutcome outcome;
        try
        {
            outcome = await chunks.TryAsync(attempt => api.MergeAsync(volume, asked, attempt.Token), cancellationToken);
        }
        catch (HubApiException e) when (e.Code == "moved")
        {
            throw new CloneException($"{request.Branch} has gone on since you merged it: 'adit pull' merges what is new, then 'adit push' again.");
        }

        return outcome is { Outcome: MergeOutcome.Merged, Snapshot: { } snapshot }
            ? new CreatedSnapshot { Snapshot = snapshot, Branch = outcome.Branch, IsNew = true, IsDiverged = false }
            : null;
    }

    // One for each directory, hub and volume.
    private string PathOf(string directory, ApiVolume volume, string ending)
    {
        Directory.CreateDirectory(cache);
        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory))}\n{hub}\n{volume.Id}"));
        return Path.Combine(cache, Convert.ToHexStringLower(key.AsSpan(0, 16)) + ending);
    }
}
