using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes.Staging;

/// <summary>What is staged on top of the branch <c>main</c> of one volume. Whoever changes anything here has taken <see cref="Gate"/>.</summary>
internal sealed class StagedVolume(Volume volume) : IDisposable
{
    /// <summary>The volume.</summary>
    public Volume Volume => volume;

    /// <summary>One change at a time; who holds it keeps the volume as it is.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>One settlement at a time.</summary>
    public SemaphoreSlim Settling { get; } = new(1, 1);

    /// <summary>Whether what the database has of it was read.</summary>
    public bool IsLoaded { get; set; }

    /// <summary>Changes that are in memory and not on the disk yet.</summary>
    public int Underway;

    /// <summary>A change could not be stored: what the disk has is read again when nothing is under way.</summary>
    public bool IsDoubted { get; set; }

    /// <summary>Why it could not become a snapshot the last time; null when it could.</summary>
    public string? Trouble { get; set; }

    /// <summary>The snapshot that all this is on top of; null for none.</summary>
    public ApiSnapshot? Base { get; set; }

    /// <summary>The volume as it would be; counts while <see cref="Changes"/> has something.</summary>
    public LayeredDirectory Root { get; set; } = RootOf(null);

    /// <summary>Changes since <see cref="Base"/>, in order.</summary>
    public List<StagedChange> Changes { get; private set; } = [];

    /// <summary>The number of the last change.</summary>
    public long Seq { get; private set; }

    /// <summary>When the oldest of the changes was made.</summary>
    public long FirstAt { get; set; }

    /// <summary>When the newest was.</summary>
    public long LastAt { get; set; }

    /// <summary>A snapshot's directory.</summary>
    public static LayeredDirectory RootOf(ApiSnapshot? snapshot) => snapshot is null
        ? LayeredDirectory.New([], 0b111_101_101, [])
        : LayeredDirectory.Of(new DirectoryRef(ChunkId.Parse(snapshot.Root), snapshot.Entries, snapshot.Files, snapshot.Bytes));

    /// <summary>Makes a change, in memory. Null when it cannot be made, or there is nothing to change.</summary>
    public async ValueTask<(StagedChange? Change, LayerOutcome Outcome)> ApplyAsync(LayeredTree tree, byte[] path, TreeEntry? entry, string account, CancellationToken cancellationToken)
    {
        var change = new StagedChange(Seq + 1, path, entry, account);
        var (after, outcome) = await ApplyAsync(tree, Root, change, cancellationToken);
        if (outcome != LayerOutcome.Done)
            return (null, outcome);
        (Root, Seq) = (after, change.Seq);
        Changes.Add(change);
        return (change, outcome);
    }

    /// <summary>Begins anew on a snapshot, with changes that are not in it.</summary>
    public async ValueTask RestAsync(ApiSnapshot? on, IReadOnlyList<StagedChange> changes, long seq, ContentStore content, CancellationToken cancellationToken)
    {
        (Base, Seq) = (on, Math.Max(Seq, seq));
        var root = RootOf(on);
        var tree = new LayeredTree(content);
        // What cannot be done any more is passed over: somebody else made a directory of a file meanwhile, or the other way round.
        foreach (var change in changes)
            root = (await ApplyAsync(tree, root, change, cancellationToken)).After;
        Root = root;
        Changes = [.. changes];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Gate.Dispose();
        Settling.Dispose();
    }

    private static ValueTask<(LayeredDirectory After, LayerOutcome Outcome)> ApplyAsync(LayeredTree tree, LayeredDirectory root, StagedChange change, CancellationToken cancellationToken) =>
        change.Entry is { } entry ? tree.PutAsync(root, change.Names, entry, cancellationToken) : tree.RemoveAsync(root, change.Names, change.IsDirectory, cancellationToken);
}
