using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Packs;

/// <summary>All that a store does to files beyond reading them, in one place: so that tests can make any step of it the last.</summary>
internal sealed partial class StoreFiles(IFileFaults? faults = null)
{
    /// <summary>Others may read, write and remove what the store has open: Windows asks, elsewhere it is so anyway.</summary>
    public const FileShare Share = FileShare.ReadWrite | FileShare.Delete;

    // O_RDONLY is 0 everywhere; O_CLOEXEC is not.
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMac = 0x1000000;

    public SafeFileHandle Create(string path)
    {
        faults?.Before(FileStep.Create, path, 0, 0, null);
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, Share);
        faults?.After(FileStep.Create, path, 0, 0, null);
        return handle;
    }

    public void Write(SafeFileHandle handle, string path, ReadOnlySpan<byte> bytes, long offset)
    {
        if (faults == null)
        {
            RandomAccess.Write(handle, bytes, offset);
            return;
        }

        var written = faults.Before(FileStep.Write, path, offset, bytes.Length, null);
        RandomAccess.Write(handle, bytes[..written], offset);
        faults.After(FileStep.Write, path, offset, written, null);
        if (written < bytes.Length)
            throw new IOException($"No space left on device : '{path}'");
    }

    public void Truncate(SafeFileHandle handle, string path, long length)
    {
        faults?.Before(FileStep.Truncate, path, length, 0, null);
        RandomAccess.SetLength(handle, length);
        faults?.After(FileStep.Truncate, path, length, 0, null);
    }

    /// <summary>Returns when what was written is on the disk.</summary>
    public void Sync(SafeFileHandle handle, string path)
    {
        faults?.Before(FileStep.Sync, path, 0, 0, null);
        RandomAccess.FlushToDisk(handle);
        faults?.After(FileStep.Sync, path, 0, 0, null);
    }

    /// <summary>Returns when the names in a directory are on the disk. Windows has no such thing: its names are in the journal when the call that made them returns.</summary>
    public void SyncDirectory(string path)
    {
        faults?.Before(FileStep.SyncDirectory, path, 0, 0, null);
        if (!OperatingSystem.IsWindows())
            SyncUnixDirectory(path);
        faults?.After(FileStep.SyncDirectory, path, 0, 0, null);
    }

    public void Rename(string from, string to)
    {
        faults?.Before(FileStep.Rename, from, 0, 0, to);
        File.Move(from, to, overwrite: true);
        faults?.After(FileStep.Rename, from, 0, 0, to);
    }

    public void Delete(string path)
    {
        faults?.Before(FileStep.Delete, path, 0, 0, null);
        File.Delete(path);
        faults?.After(FileStep.Delete, path, 0, 0, null);
    }

    /// <summary>Makes a directory and those above it, and their names durable.</summary>
    public void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        var above = Path.GetDirectoryName(Path.GetFullPath(path));
        if (above != null)
            CreateDirectory(above);
        Directory.CreateDirectory(path);
        if (above != null)
            SyncDirectory(above);
    }

    /// <summary>Puts a small file in the place of what has its name: after a crash there is the old one or the new one, whole.</summary>
    public void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var draft = path + ".tmp";
        File.Delete(draft);
        using (var handle = Create(draft))
        {
            Write(handle, draft, bytes, 0);
            Sync(handle, draft);
        }

        Rename(draft, path);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    private static void SyncUnixDirectory(string path)
    {
        var descriptor = Open(path, OperatingSystem.IsLinux() ? CloseOnExecLinux : CloseOnExecMac);
        if (descriptor < 0)
            throw Failed(path);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Fsync(handle) < 0)
            throw Failed(path);
    }

    private static IOException Failed(string path) => new($"{Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())} : '{path}'");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(SafeFileHandle handle);
}
