using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Storage;

namespace Adit.Hub.Tasks;

/// <summary>The logs of tasks, in files of the data directory: big bytes do not enter the database.</summary>
internal sealed class TaskLogs(DataDirectory directory, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1); // To open one again costs little, and jobs may end many a second.
    private static readonly TimeSpan RemoveEvery = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, LogFile> _files = new(StringComparer.Ordinal);
    private long _removed;

    /// <summary>Adds lines that follow on what is there; those that are there already are left out. On disk when it returns.</summary>
    /// <returns>One more than the last line there is.</returns>
    /// <exception cref="StorageException">They could not be written; the runner sends them again.</exception>
    public async Task<long?> AppendAsync(string task, IReadOnlyList<LogLine> lines) => await Of(task).AppendAsync(lines);

    /// <summary>One more than the last line there is.</summary>
    /// <exception cref="StorageException">The log cannot be read.</exception>
    public async Task<long> EndAsync(string task)
    {
        try
        {
            return await Of(task).EndAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The log of task {task} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads lines.</summary>
    /// <param name="task">Whose.</param>
    /// <param name="from">The first; null for the last <paramref name="most"/> there are.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="search">Only those that contain this, in whatever case; null for all.</param>
    /// <param name="cancellationToken">Gives up: a search reads all there is.</param>
    public Task<LogPage> ReadAsync(string task, long? from, int most, string? search, CancellationToken cancellationToken) => Of(task).ReadAsync(from, most, search, cancellationToken);

    /// <summary>Waits until there is a line of this number or a later one, or the time is over.</summary>
    public Task WaitAsync(string task, long number, CancellationToken cancellationToken) => Of(task).WaitAsync(number, cancellationToken);

    /// <summary>What the runner of a task that has ended has of its log: one more than the last line. What is not here yet is on its way.</summary>
    public void Expect(string task, long end) => Of(task).Expected = end;

    /// <summary>What was last said by <see cref="Expect"/>, while this hub runs; 0 for nothing.</summary>
    public long Expected(string task) => Of(task).Expected;

    /// <summary>Removes the logs that were last written before a time, except of these tasks. Looks once an hour, however often it is asked.</summary>
    public void RemoveOlder(DateTimeOffset than, Func<string, bool> isKept)
    {
        if (_removed != 0 && time.GetElapsedTime(_removed) < RemoveEvery)
            return;
        _removed = time.GetTimestamp();
        var root = directory.File("logs");

        // Somebody asked for the log of a task that has none any more.
        foreach (var task in _files.Keys.Where(task => !isKept(task) && !Directory.Exists(Path.Combine(root, task))))
            _files.TryRemove(task, out _);
        if (!Directory.Exists(root))
            return;
        foreach (var path in Directory.EnumerateDirectories(root))
        {
            var task = Path.GetFileName(path);
            if (isKept(task) || Directory.EnumerateFiles(path).Any(file => File.GetLastWriteTimeUtc(file) >= than.UtcDateTime))
                continue;
            if (_files.TryRemove(task, out var file))
                file.Dispose();
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Closes the files of logs that nobody writes any more; whoever reads them opens them again.</summary>
    public async Task CloseSilentAsync()
    {
        foreach (var file in _files.Values)
            await file.CloseSilentAsync(Silence);
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    private LogFile Of(string task) => _files.GetOrAdd(task, static (id, of) => new LogFile(Path.Combine(of.Root, id), of.Time), (Root: directory.File("logs"), Time: time));
}
