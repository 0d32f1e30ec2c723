using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Storage;
using Adit.Hub.Volumes;

namespace Adit.Hub.S3;

/// <summary>
/// Brings bodies into the stores of projects. What an upload has brought, or was told is there, lives while it goes on though nothing refers to it: a collection that begins meanwhile
/// asks <see cref="Mark"/>.
/// </summary>
internal sealed class Intakes(ProjectStores stores) : IDisposable
{
    // A small body is taken in before it gets one of the cutters, which hold some megabytes each: whoever sends slowly holds none.
    private const int Small = 256 << 10;
    private const int MostLarge = 32;
    private const int ReadAtOnce = 128 << 10;
    private static readonly int MostSmall = 2 * Environment.ProcessorCount;

    private readonly ConcurrentDictionary<TakenObject, string> _underway = new();
    private readonly ConcurrentDictionary<ContentStore, ConcurrentBag<FileIntake>> _idle = new();
    private readonly SemaphoreSlim _large = new(MostLarge);
    private readonly SemaphoreSlim _small = new(MostSmall);

    /// <summary>Takes a body. Its chunks live until the answer is disposed: then something refers to them, or nothing ever will.</summary>
    /// <exception cref="S3Refusal">The body is not what was said of it, or there are too many at once.</exception>
    /// <exception cref="StorageException">The disk failed or is full.</exception>
    public async Task<TakenObject> TakeAsync(string project, PayloadReader payload, CancellationToken cancellationToken)
    {
        var content = await stores.ToFillAsync(project);
        var isSmall = payload.Length <= Small;
        var buffer = ArrayPool<byte>.Shared.Rent(isSmall ? (int)payload.Length + 1 : ReadAtOnce);
        var taken = Begin(project);
        try
        {
            var count = 0;
            if (isSmall)
            {
                for (int read; (read = await payload.ReadAsync(buffer.AsMemory(count), cancellationToken)) > 0;)
                    count += read;
                await _small.WaitAsync(cancellationToken);
            }
            else if (!await _large.WaitAsync(TimeSpan.Zero, cancellationToken))
            {
                throw new S3Refusal(503, "SlowDown", $"{MostLarge} large objects are being put already; try again.");
            }

            try
            {
                await WithIntakeAsync(project, content, taken, async intake =>
                {
                    if (isSmall)
                        await intake.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                    else
                        for (int read; (read = await payload.ReadAsync(buffer, cancellationToken)) > 0;)
                            await intake.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    taken.Entry = await intake.FinishAsync(cancellationToken);
                });
            }
            finally
            {
                (isSmall ? _small : _large).Release();
            }

            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies a range of a file, of another project perhaps, through the cutter. With it comes the MD5 in digits.</summary>
    public async Task<(TakenObject Taken, string Md5)> CopyAsync(ContentStore from, TreeEntry file, long offset, long length, string project, CancellationToken cancellationToken)
    {
        var taken = Begin(project);
        try
        {
            await _large.WaitAsync(cancellationToken);
            try
            {
#pragma warning disable CA5351 // S3's name for bytes.
                using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
                await WithIntakeAsync(project, await stores.ToFillAsync(project), taken, async intake =>
                {
                    await foreach (var (buffer, count) in ObjectReads.PiecesAsync(from, file, offset, length, cancellationToken))
                    {
                        md5.AppendData(buffer, 0, count);
                        await intake.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                        ArrayPool<byte>.Shared.Return(buffer);
                    }

                    taken.Entry = await intake.FinishAsync(cancellationToken);
                });
                return (taken, Convert.ToHexStringLower(md5.GetHashAndReset()));
            }
            finally
            {
                _large.Release();
            }
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Begins what will be taken into a project. What it is told from here on no collection removes, until it is disposed.</summary>
    public TakenObject Begin(string project)
    {
        var taken = new TakenObject(_underway);
        _underway[taken] = project;
        return taken;
    }

    /// <summary>Takes the content of a file that is in the store as it is: no byte of it is read.</summary>
    /// <exception cref="S3Refusal">It went meanwhile.</exception>
    public static async Task KeepAsync(TakenObject taken, ContentStore content, TreeEntry file, CancellationToken cancellationToken)
    {
        try
        {
            await FileIntake.KeepAsync(content, file, taken.Keep, cancellationToken);
            taken.Entry = file;
        }
        catch (MissingContentException e)
        {
            throw Gone(e);
        }
    }

    /// <summary>Makes one file of the contents of several that are in the store: no byte of them is read.</summary>
    /// <exception cref="S3Refusal">Some of it went meanwhile.</exception>
    public async Task<TakenObject> JoinAsync(string project, IEnumerable<TreeEntry> files, CancellationToken cancellationToken)
    {
        var taken = Begin(project);
        try
        {
            await WithIntakeAsync(project, await stores.OfAsync(project), taken, async intake =>
            {
                foreach (var file in files)
                    await intake.AppendAsync(file, cancellationToken);
                taken.Entry = await intake.FinishAsync(cancellationToken);
            });
            return taken;
        }
        catch (MissingContentException e)
        {
            taken.Dispose();
            throw Gone(e);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Marks what is on its way into a project. Asked before what is staged is.</summary>
    public void Mark(string project, LiveChunks live)
    {
        foreach (var (taken, of) in _underway)
        {
            if (of == project)
                taken.Mark(live);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var intake in _idle.Values.SelectMany(static i => i))
            intake.Dispose();
        _large.Dispose();
        _small.Dispose();
    }

    // What nothing refers to any more was collected; who asks again is told that it is not there.
    private static S3Refusal Gone(MissingContentException e) => new(503, "SlowDown", $"{e.Message} It went while it was copied: try again, and run 'adit store check' when it stays so.");

    // One that failed is not used again: what it had taken is lost with it.
    private async Task WithIntakeAsync(string project, ContentStore content, TakenObject taken, Func<FileIntake, Task> use)
    {
        var idle = _idle.GetOrAdd(content, static _ => []);
        if (!idle.TryTake(out var intake))
            intake = new FileIntake(content.ForOwnFrames);
        var isGood = false;
        try
        {
            intake.Begin(taken.Keep);
            await ProjectStores.WriteAsync(project, async () =>
            {
                await use(intake);
                return true;
            });
            isGood = true;
        }
        finally
        {
            if (isGood && idle.Count < MostSmall)
                idle.Add(intake);
            else
                intake.Dispose();
        }
    }
}

/// <summary>An object that was brought into a store. Until this is disposed a collection keeps it.</summary>
internal sealed class TakenObject(ConcurrentDictionary<TakenObject, string> underway) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ChunkId> _chunks = [];

    /// <summary>Its content.</summary>
    public TreeEntry Entry { get; set; } = new() { Name = [], Type = EntryType.File };

    /// <summary>A chunk is part of it.</summary>
    public void Keep(ChunkId id)
    {
        lock (_lock)
            _chunks.Add(id);
    }

    public void Mark(LiveChunks live)
    {
        lock (_lock)
        {
            foreach (var chunk in _chunks)
                live.Mark(chunk);
        }
    }

    /// <inheritdoc />
    public void Dispose() => underway.TryRemove(this, out _);
}
