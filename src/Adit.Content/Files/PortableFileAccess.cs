using System.Text;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>
/// Directories and files by what .NET has on every system: Windows, macOS. There is no inode, no extended attribute, no hole, and a file is told to have changed
/// by its size and its time alone; a directory that is exchanged for a link while it is read is followed.
/// </summary>
internal sealed partial class PortableFileAccess : IFileAccess
{
    /// <summary>The access of the system that this runs on.</summary>
    public static IFileAccess OfThisSystem { get; } = OperatingSystem.IsLinux() ? new LinuxFileAccess() : new PortableFileAccess();

    /// <inheritdoc/>
    public IOpenDirectory Open(string path) => Directory.Exists(path)
        ? new OpenDirectory(path)
        : throw new CannotReadException($"There is no directory '{path}'.");

    private sealed partial class OpenDirectory(string path) : IOpenDirectory
    {
        public string Path => path;

        public bool HasFineTimes => false;

        public FileStat Stat() => Try(() => StatOf(new DirectoryInfo(path)));

        public bool TryStat(ReadOnlySpan<byte> name, out FileStat stat)
        {
            var at = Join(name);
            var found = Try<FileStat?>(() =>
            {
                FileSystemInfo info = new FileInfo(at);
                if ((int)info.Attributes == -1)
                    return null;
                return StatOf(info.Attributes.HasFlag(FileAttributes.Directory) ? new DirectoryInfo(at) : info);
            });
            stat = found ?? default;
            return found is not null;
        }

        public void List(NameReader each)
        {
            var all = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false };
            foreach (var entry in Try(() => Directory.GetFileSystemEntries(path, "*", all)))
            {
                var name = Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(entry));
                if (TreeEntry.IsName(name))
                    each(name);
            }
        }

        IOpenDirectory? IOpenDirectory.OpenDirectory(ReadOnlySpan<byte> name) =>
            Join(name) is var at && Directory.Exists(at) && new DirectoryInfo(at).LinkTarget is null ? new OpenDirectory(at) : null;

        public SafeFileHandle? OpenFile(ReadOnlySpan<byte> name)
        {
            var at = Join(name);
            return Try(() => File.Exists(at) && new FileInfo(at).LinkTarget is null
                ? File.OpenHandle(at, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : null);
        }

        public int Read(SafeFileHandle file, ReadOnlySpan<byte> name, Span<byte> buffer, long offset)
        {
            try
            {
                return RandomAccess.Read(file, buffer, offset);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CannotReadException($"'{Join(name)}' cannot be read: {e.Message}", e);
            }
        }

        public FileStat Stat(SafeFileHandle file) => Try(() =>
        {
            var modified = Nanoseconds(File.GetLastWriteTimeUtc(file));
            return new FileStat
            {
                Type = EntryType.File, Mode = ModeOf(File.GetAttributes(file), OperatingSystem.IsWindows() ? 0 : File.GetUnixFileMode(file)),
                Size = RandomAccess.GetLength(file), Allocated = RandomAccess.GetLength(file), Modified = modified, Changed = modified, Links = 1,
            };
        });

        public byte[]? ReadLink(ReadOnlySpan<byte> name)
        {
            var at = Join(name);
            return Try(() => new FileInfo(at).LinkTarget is { } target ? Encoding.UTF8.GetBytes(target) : null);
        }

        public IReadOnlyList<ExtendedAttribute> Attributes(SafeFileHandle file, ReadOnlySpan<byte> name) => [];

        public (long Start, long End) NextData(SafeFileHandle file, long offset, long size) => (offset, size);

        public void Dispose()
        {
        }

        private static FileStat StatOf(FileSystemInfo info)
        {
            var size = info is FileInfo { LinkTarget: null } file ? file.Length : 0;
            var modified = Nanoseconds(info.LastWriteTimeUtc);
            return new FileStat
            {
                Type = info.LinkTarget is not null ? EntryType.Link
                    : info.Attributes.HasFlag(FileAttributes.Directory) ? EntryType.Directory
                    : info.Attributes.HasFlag(FileAttributes.Device) ? null : EntryType.File,
                Mode = ModeOf(info.Attributes, OperatingSystem.IsWindows() ? 0 : info.UnixFileMode),
                Size = size, Allocated = size, Modified = modified, Changed = modified, Links = 1,
            };
        }

        private static int ModeOf(FileAttributes attributes, UnixFileMode unix) =>
            !OperatingSystem.IsWindows() ? (int)unix & TreeEntry.ModeMask
            : attributes.HasFlag(FileAttributes.Directory) ? 0b111_101_101
            : attributes.HasFlag(FileAttributes.ReadOnly) ? 0b100_100_100 : 0b110_100_100;

        private static long Nanoseconds(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks * 100;

        private static T Try<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CannotReadException(e.Message, e);
            }
        }

        private string Join(ReadOnlySpan<byte> name) => System.IO.Path.Combine(path, Encoding.UTF8.GetString(name));
    }
}
