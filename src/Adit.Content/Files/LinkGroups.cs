using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>One open file of each group of hard links of a tree, from which the others get their names. For all workers of a checkout.</summary>
internal sealed class LinkGroups : IDisposable
{
    // Each is an open file. What is in more groups than this is checked out as files of their own.
    private const int Most = 4096;
    private readonly Dictionary<(ulong Group, long Size, string Content), TaskCompletionSource<SafeFileHandle?>> _files = [];

    /// <summary>
    /// A file of the group that an entry is in, which stays this object's. Who gets null writes the file itself; when <c>IsFirst</c> is true the others of the
    /// group wait until it has called <see cref="Offer"/>.
    /// </summary>
    public async ValueTask<(SafeFileHandle? File, bool IsFirst)> FindAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        Task<SafeFileHandle?>? first = null;
        lock (_files)
        {
            if (_files.TryGetValue(KeyOf(entry), out var there))
                first = there.Task;
            else if (_files.Count < Most)
                _files.Add(KeyOf(entry), new TaskCompletionSource<SafeFileHandle?>(TaskCreationOptions.RunContinuationsAsynchronously));
            else
                return (null, false);
        }

        return first is null ? (null, true) : (await first.WaitAsync(cancellationToken), false);
    }

    /// <summary>Gives the others of the group of an entry a file, which is this object's from then on, or null when it could not be written. False when they have one.</summary>
    public bool Offer(TreeEntry entry, SafeFileHandle? file)
    {
        lock (_files)
        {
            if (!_files.TryGetValue(KeyOf(entry), out var group))
            {
                if (_files.Count == Most)
                    return false;
                _files.Add(KeyOf(entry), group = new TaskCompletionSource<SafeFileHandle?>(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            return group.TrySetResult(file);
        }
    }

    public void Dispose()
    {
        lock (_files)
        {
            foreach (var file in _files.Values.Where(static f => f.Task.IsCompletedSuccessfully))
                file.Task.Result?.Dispose();
            _files.Clear();
        }
    }

    private static (ulong Group, long Size, string Content) KeyOf(TreeEntry entry) =>
        (entry.HardLink, entry.Size, entry.Form == FileForm.Inline ? Convert.ToHexString(entry.Inline) : entry.Content.ToString());
}
