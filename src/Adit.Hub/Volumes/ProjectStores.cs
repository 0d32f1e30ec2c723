using System.Collections.Concurrent;
using Adit.Content;
using Adit.Hub.Projects;
using Adit.Hub.Storage;

namespace Adit.Hub.Volumes;

/// <summary>
/// The content stores of projects, beneath <c>content/PROJECT</c> of the data directory, each opened when it is first asked for. One for each project: what is in another
/// cannot be read by its id.
/// </summary>
internal sealed class ProjectStores(DataDirectory directory, VolumeStore volumes, IContentLimit limit, TimeProvider time) : IProjectContent, IContentUse, IAsyncDisposable
{
    private const int MostWhole = 1000;

    private readonly ConcurrentDictionary<string, Lazy<Task<ContentStore>>> _open = new();
    private readonly ConcurrentDictionary<string, Turns> _turns = new();
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<(string Volume, string Root), bool>> _whole = new();
    private bool _isDisposed;

    /// <summary>The store of a project.</summary>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public async Task<ContentStore> OfAsync(string project)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var opening = _open.GetOrAdd(project, name => new Lazy<Task<ContentStore>>(() => OpenAsync(name)));
        try
        {
            return await opening.Value;
        }
        catch (IOException e)
        {
            _open.TryRemove(KeyValuePair.Create(project, opening));
            throw new StorageException($"The content of the project '{project}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>The store of a project, for content that comes in; not for what only arranges content that is there.</summary>
    /// <exception cref="StorageException">It cannot be opened, or the project has all that it may have.</exception>
    public async Task<ContentStore> ToFillAsync(string project)
    {
        var store = await OfAsync(project);
        return limit.Refusal(project, store.Statistics.StoredBytes) is { } refusal ? throw new StorageException(refusal) : store;
    }

    /// <inheritdoc/>
    public long StoredBytes(string project)
    {
        if (_open.TryGetValue(project, out var open) && open is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            return open.Value.Result.Statistics.StoredBytes;
        var at = new DirectoryInfo(PathOf(project));
        return at.Exists ? at.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length) : 0;
    }

    /// <summary>Commits to a volume come one after the other.</summary>
    public Turns TurnsOf(Volume volume) => _turns.GetOrAdd(volume.Id, static _ => new Turns());

    /// <summary>What the stores take that are open now.</summary>
    public IReadOnlyList<StoreStatistics> Open() =>
        [.. _open.Values.Where(static s => s is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }).Select(static s => s.Value.Result.Statistics)];

    /// <summary>Whether the tree of a snapshot was seen to be whole since the hub started and the last check: the hub was stopped meanwhile, and a disk may have lost what it had.</summary>
    public bool IsWhole(Volume volume, string root) => _whole.TryGetValue(volume.Project, out var trees) && trees.ContainsKey((volume.Id, root));

    /// <summary>The tree of a snapshot is whole.</summary>
    public void SetWhole(Volume volume, string root)
    {
        var trees = _whole.GetOrAdd(volume.Project, static _ => new());
        if (trees.Count >= MostWhole)
            trees.Clear();
        trees[(volume.Id, root)] = true;
    }

    /// <summary>A check found something: no tree of the project is taken to be whole until it was looked at again.</summary>
    public void Doubt(string project) => _whole.TryRemove(project, out _);

    /// <summary>
    /// Writes to the store of a project. What its disk cannot do is said in one sentence, for the answer.
    /// </summary>
    /// <exception cref="StorageException">The disk failed or is full.</exception>
    public static async Task<T> WriteAsync<T>(string project, Func<Task<T>> write)
    {
        try
        {
            return await write();
        }
        catch (IOException e) when (e is not DamagedContentException and not MissingContentException)
        {
            throw new StorageException(
                $"The content of the project '{project}' cannot be written: {e.Message.TrimEnd('.')}. What was acknowledged is safe; make room on the hub's disk, then try again.", e);
        }
    }

    /// <summary>Projects that have content.</summary>
    public IReadOnlyList<string> All()
    {
        var at = PathOf(null);
        return Directory.Exists(at) ? [.. Directory.EnumerateDirectories(at).Select(static d => Path.GetFileName(d)).Order(StringComparer.Ordinal)] : [];
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        await volumes.RemoveOfAsync(project);
        Doubt(project);
        if (_open.TryRemove(project, out var open))
        {
            await using var store = await open.Value;
        }

        if (Directory.Exists(PathOf(project)))
            Directory.Delete(PathOf(project), recursive: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        foreach (var open in _open.Values)
        {
            try
            {
                await (await open.Value).DisposeAsync();
            }
            catch (IOException)
            {
                // It was never open, or its disk is gone: what was flushed is there, and the rest was promised to nobody.
            }
        }
    }

    private Task<ContentStore> OpenAsync(string project)
    {
        var at = PathOf(project);
        Directory.CreateDirectory(at);
        return ContentStore.OpenAsync(new ContentStoreOptions { Directory = at, TimeProvider = time });
    }

    private string PathOf(string? project) => project is null ? directory.File("content") : Path.Combine(directory.File("content"), project);
}
