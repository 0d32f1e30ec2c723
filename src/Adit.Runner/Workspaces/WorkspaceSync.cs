using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Files;
using Adit.Content.Trees;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;

namespace Adit.Runner.Workspaces;

/// <summary>
/// Brings workspaces to the home directories of tasks and back. What it says of them to the hub it says in the right of the task that has them (docs/reference/runner.md).
/// </summary>
/// <param name="api">The hub.</param>
/// <param name="link">The link of the session; null while there is none.</param>
/// <param name="time">The clock.</param>
internal sealed class WorkspaceSync(HubApi api, Func<string?> link, TimeProvider time)
{
    private const string IndexName = "workspace.index";
    private const int MostScans = 5;
    private const int MostSaid = 20;

    /// <summary>What programs make anew by themselves, or what is good on one machine alone: not kept. A user's own <c>.aditignore</c> can name more, and take back with <c>!</c>.</summary>
    public static readonly IReadOnlyList<string> Ignored =
    [
        "/" + VolumeTransfer.OwnDirectory, "/.cache/", "/.npm/", "/.nv/", "/.ipython/profile_default/security/", "/.ipython/profile_default/pid/", "/.local/share/jupyter/runtime/", "/.local/share/Trash/",
        "/.local/share/code-server/logs/", "/.local/share/code-server/CachedExtensionVSIXs/", "/.ssh/agent/", "/.Xauthority", "/.ICEauthority", "/.dbus/", "__pycache__/", ".ipynb_checkpoints/",
    ];

    /// <summary>Makes a task's home directory what the newest snapshot of its workspace is. What an earlier start left there and the hub does not have is sent first.</summary>
    /// <param name="place">The task's place.</param>
    /// <param name="spec">The task, with a workspace.</param>
    /// <param name="progress">Gets what it is at, for people.</param>
    /// <param name="say">Gets what the task's log should have.</param>
    /// <param name="cancellationToken">Ends it early; the next call goes on.</param>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="HttpRequestException">The hub does not answer.</exception>
    /// <exception cref="IOException">The home cannot be written.</exception>
    public async Task CheckOutAsync(TaskPlace place, TaskSpec spec, IProgress<string> progress, Action<string> say, CancellationToken cancellationToken)
    {
        var workspace = spec.Workspace!;
        if (WorkspaceMemory.Read(place) is { IsOpen: true } left)
        {
            if (left.Attempt == spec.Attempt)
                return; // It was ready to start, or did.
            await SaveAsync(place, workspace, "stop", null, isLast: true, progress, say, cancellationToken);
        }

        var chunks = Chunks(spec.Id, spec.Attempt);
        var head = (await chunks.TryAsync(attempt => api.BeginWorkspaceAsync(At(spec.Id, spec.Attempt), attempt.Token), cancellationToken)).Head;
        var home = place.Home(null);
        TaskPlace.CreateDirectory(home);
        // All of an earlier start is kept: what else is there is nobody's. Not open until it is whole: half of it is no change to be kept.
        var now = new TransferProgress();
        now.Follow(chunks, head?.Files ?? 0, head?.Bytes ?? 0);
        using (new TransferWords(now, $"checking out the workspace {workspace.Path}", progress, time))
        {
            var options = new CheckoutOptions { IndexPath = place.File(IndexName), Overwrite = true, RemoveOthers = true, Time = time, Progress = now.CheckedOut };
            if (head is not null)
                await TreeCheckout.RunAsync(chunks, new DirectoryRef(ChunkId.Parse(head.Root), head.Entries, head.Files, head.Bytes), home, options, cancellationToken);
        }

        new WorkspaceMemory { Attempt = spec.Attempt, Volume = workspace.Id, Snapshot = head?.Id, Root = head?.Root, IsOpen = true }.Write(place);
    }

    /// <summary>Keeps what is in a task's home directory now. One at a time for a task.</summary>
    /// <param name="place">The task's place.</param>
    /// <param name="workspace">Its workspace.</param>
    /// <param name="cause">Why.</param>
    /// <param name="message">What is said of it.</param>
    /// <param name="isLast">Nothing follows: when this returns, all is with the hub, and the home may go.</param>
    /// <param name="progress">Gets what it is at, for people.</param>
    /// <param name="say">Gets what the task's log should have.</param>
    /// <param name="cancellationToken">Ends it early; what was sent is found again.</param>
    /// <returns>The snapshot, also when nothing was changed; null when there was nothing to make one of.</returns>
    /// <inheritdoc cref="CheckOutAsync" path="/exception"/>
    public async Task<CreatedSnapshot?> SaveAsync(
        TaskPlace place, WorkspaceSpec workspace, string cause, string? message, bool isLast, IProgress<string> progress, Action<string> say, CancellationToken cancellationToken)
    {
        var memory = WorkspaceMemory.Read(place) ?? throw new IOException($"'{place}' has no workspace.");
        var chunks = Chunks(place.Id, memory.Attempt);
        var now = new TransferProgress();
        now.Follow(chunks);
        using var words = new TransferWords(now, $"saving the workspace {workspace.Path}", progress, time);
        CreatedSnapshot? made = null;
        if (Directory.Exists(place.Home(null)))
        {
            made = await CommitAsync(place, memory, chunks, new RunnerSnapshotRequest { Root = "", Cause = cause, Message = message, IsLast = isLast }, now, say, cancellationToken);
        }
        else
        {
            say("The home directory is gone, and nothing of it was kept: the workspace stays as it was.");
        }

        if (isLast && made is null)
            await chunks.TryAsync(Closing, cancellationToken);
        if (made is not null || isLast)
            (memory with { Snapshot = made?.Snapshot.Id ?? memory.Snapshot, Root = made?.Snapshot.Root ?? memory.Root, Branch = made?.Branch ?? memory.Branch, IsOpen = !isLast }).Write(place);
        return made;

        async Task<bool> Closing(HubChunks.Attempt attempt)
        {
            await api.CloseWorkspaceAsync(At(place.Id, memory.Attempt), attempt.Token);
            return true;
        }
    }

    private async Task<CreatedSnapshot?> CommitAsync(
        TaskPlace place, WorkspaceMemory memory, HubChunks chunks, RunnerSnapshotRequest wanted, TransferProgress now, Action<string> say, CancellationToken cancellationToken)
    {
        var index = place.File(IndexName);
        var options = new ScanOptions { IndexPath = index, Ignore = Ignored, SkipUnreadable = true, Time = time, Progress = now.Scanned };
        for (var scans = 1; ; scans++)
        {
            var scan = await TreeScan.RunAsync(chunks, place.Home(null), options, cancellationToken);
            var root = scan.Root.Id.ToString();
            var isUnchanged = memory.Snapshot is null ? scan.Root.Entries == 0 : memory.Root == root;
            if (isUnchanged && (memory.Snapshot is null || wanted.Cause is not "manual"))
                return null;
            var request = wanted with
            {
                Root = root, Entries = scan.Root.Entries, Files = scan.Root.Files, Bytes = scan.Root.Bytes, Branch = memory.Branch, Parent = memory.Snapshot, UploadedBytes = chunks.SentBytes,
            };
            try
            {
                // Asking twice makes it once: the hub knows again what it made.
                var made = await chunks.TryAsync(attempt => api.SaveWorkspaceAsync(At(place.Id, memory.Attempt), request, attempt.Token), cancellationToken);
                foreach (var warning in scan.Warnings.Take(MostSaid))
                    say($"Workspace: {warning}");
                if (scan.WarningCount > MostSaid)
                    say($"Workspace: {scan.WarningCount - MostSaid} more like these.");
                if (made.IsDiverged)
                    say($"The workspace had gone on from elsewhere: what was changed here is on a branch of its own, {made.Branch}. 'adit volume log' and 'adit diff' show it.");
                return made;
            }
            catch (HubApiException e) when (scans < MostScans && e.Code == "missing-chunks")
            {
                // The hub has lost what the index says was sent: a store that was set back, damage, or a collection. All files are read again.
                File.Delete(index);
            }
        }
    }

    private HubChunks Chunks(string task, int attempt) => new(api, () => At(task, attempt), time);

    private string At(string task, int attempt) => HubApi.WorkspaceAt(link() ?? throw new HttpRequestException("the hub is not connected"), task, attempt);
}
