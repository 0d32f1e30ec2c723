using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>Directories and files of Linux, each beneath an open directory (<c>openat</c> with <c>O_NOFOLLOW</c>).</summary>
[SupportedOSPlatform("linux")]
internal sealed partial class LinuxFileAccess : IFileAccess
{
    /// <inheritdoc/>
    public unsafe IOpenDirectory Open(string path)
    {
        var file = -1;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            file = LinuxCalls.OpenAt(LinuxCalls.CurrentDirectory, name, LinuxCalls.Directory | LinuxCalls.CloseOnExec, 0);
        return file >= 0 ? new OpenDirectory(file, path) : throw Failure(path, Marshal.GetLastPInvokeError());
    }

    private static CannotReadException Failure(string path, int error)
    {
        var says = Marshal.GetPInvokeErrorMessage(error);
        return new CannotReadException($"'{path}' cannot be read: {says}.");
    }

    private sealed unsafe partial class OpenDirectory(int directory, string path) : IOpenDirectory
    {
        private const int ListBuffer = 32 << 10;

        // A name with the NUL that the kernel wants behind it.
        private const int NameBuffer = TreeEntry.MaxName + 1;

        private int _directory = directory;

        // All others say what a system does with a file: they are neither kept, nor given to a file because a tree has them.
        private static ReadOnlySpan<byte> KeptAttributes => "user."u8;

        public string Path => path;

        public bool HasFineTimes => LinuxCalls.FileSystemOf(_directory) is LinuxCalls.Ext or LinuxCalls.Xfs or LinuxCalls.Btrfs or LinuxCalls.Tmpfs or LinuxCalls.Overlay;

        public FileStat Stat()
        {
            byte empty = 0;
            return LinuxCalls.TryStat(_directory, &empty, out var stat, out var error) ? stat : throw Failure(path, error);
        }

        [SkipLocalsInit]
        public bool TryStat(ReadOnlySpan<byte> name, out FileStat stat)
        {
            var buffer = stackalloc byte[NameBuffer];
            var terminated = Terminate(name, buffer);
            return LinuxCalls.TryStat(_directory, terminated, out stat, out var error)
                || (error == LinuxCalls.NoEntry ? false : throw Failure(Join(name), error));
        }

        [SkipLocalsInit]
        public void List(NameReader each)
        {
            // A descriptor of its own begins at the first name, however often it is listed.
            var current = stackalloc byte[2];
            current[0] = (byte)'.';
            current[1] = 0;
            var file = LinuxCalls.OpenAt(_directory, current, LinuxCalls.Directory | LinuxCalls.CloseOnExec, 0);
            if (file < 0)
                throw Failure(path, Marshal.GetLastPInvokeError());
            try
            {
                var buffer = stackalloc byte[ListBuffer];
                while (LinuxCalls.ReadDirectory(file, buffer, ListBuffer) is var read && read != 0)
                {
                    if (read < 0)
                        throw Failure(path, Marshal.GetLastPInvokeError());
                    for (var at = buffer; at < buffer + read; at += *(ushort*)(at + 16))
                    {
                        // struct linux_dirent64: inode 8, offset 8, length 2, type 1, name.
                        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at + 19);
                        if (TreeEntry.IsName(name))
                            each(name);
                    }
                }
            }
            finally
            {
                _ = LinuxCalls.Close(file);
            }
        }

        [SkipLocalsInit]
        IOpenDirectory? IOpenDirectory.OpenDirectory(ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            var file = LinuxCalls.OpenAt(_directory, Terminate(name, buffer), LinuxCalls.Directory | LinuxCalls.NoFollow | LinuxCalls.CloseOnExec, 0);
            if (file >= 0)
                return new OpenDirectory(file, Join(name));
            var error = Marshal.GetLastPInvokeError();
            return error is LinuxCalls.NoEntry or LinuxCalls.TooManyLinks or LinuxCalls.NotADirectory ? null : throw Failure(Join(name), error);
        }

        [SkipLocalsInit]
        public SafeFileHandle? OpenFile(ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            // A pipe that took the file's place would hold a reader for ever: O_NONBLOCK.
            var file = LinuxCalls.OpenAt(_directory, Terminate(name, buffer), LinuxCalls.NoFollow | LinuxCalls.NonBlocking | LinuxCalls.CloseOnExec, 0);
            if (file >= 0)
                return new SafeFileHandle(file, ownsHandle: true);
            var error = Marshal.GetLastPInvokeError();
            return error is LinuxCalls.NoEntry or LinuxCalls.TooManyLinks or LinuxCalls.NoDevice ? null : throw Failure(Join(name), error);
        }

        public int Read(SafeFileHandle file, ReadOnlySpan<byte> name, Span<byte> buffer, long offset)
        {
            // .NET's own reading asks for each new file whether it can be sought in.
            fixed (byte* bytes = buffer)
            {
                while (true)
                {
                    var read = LinuxCalls.ReadAt(file, bytes, (nuint)buffer.Length, offset);
                    if (read >= 0)
                        return (int)read;
                    if (Marshal.GetLastPInvokeError() is var error and not LinuxCalls.Interrupted)
                        throw Failure(Join(name), error);
                }
            }
        }

        public FileStat Stat(SafeFileHandle file)
        {
            byte empty = 0;
            return LinuxCalls.TryStat((int)file.DangerousGetHandle(), &empty, out var stat, out var error) ? stat : throw Failure(path, error);
        }

        [SkipLocalsInit]
        public byte[]? ReadLink(ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            var target = stackalloc byte[TreeEntry.MaxTarget + 1];
            var length = LinuxCalls.ReadLinkAt(_directory, Terminate(name, buffer), target, TreeEntry.MaxTarget + 1);
            if (length is > 0 and <= TreeEntry.MaxTarget)
                return new ReadOnlySpan<byte>(target, (int)length).ToArray();
            var error = Marshal.GetLastPInvokeError();
            return length < 0 && error is LinuxCalls.NoEntry or 22 ? null : throw Failure(Join(name), error);
        }

        [SkipLocalsInit]
        public IReadOnlyList<ExtendedAttribute> Attributes(SafeFileHandle file, ReadOnlySpan<byte> name)
        {
            const int ListLength = 8 << 10;
            var list = stackalloc byte[ListLength];
            var length = LinuxCalls.ListAttributes(file, list, ListLength);
            if (length == 0 || (length < 0 && Marshal.GetLastPInvokeError() == LinuxCalls.NotSupported))
                return [];
            if (length < 0)
                throw new CannotReadException($"The extended attributes of '{Join(name)}' cannot be listed: {Marshal.GetLastPInvokeErrorMessage()}.");
            var attributes = new List<ExtendedAttribute>();
            var bytes = 0;
            for (var at = list; at < list + length;)
            {
                var attribute = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at);
                if (attribute.StartsWith(KeptAttributes))
                    attributes.Add(ReadAttribute(file, name, at, attribute, ref bytes));
                at += attribute.Length + 1;
            }

            if (attributes.Count > TreeEntry.MaxAttributes)
                throw new CannotReadException($"'{Join(name)}' has more extended attributes than can be kept ({TreeEntry.MaxAttributes}): remove some, or leave the file out.");

            attributes.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
            return attributes;
        }

        public (long Start, long End) NextData(SafeFileHandle file, long offset, long size)
        {
            var start = LinuxCalls.Seek(file, offset, LinuxCalls.SeekData);
            if (start < 0)
                return Marshal.GetLastPInvokeError() == LinuxCalls.NoDevice ? (size, size) : (offset, size);
            var end = LinuxCalls.Seek(file, start, LinuxCalls.SeekHole);
            return (Math.Min(start, size), end < 0 ? size : Math.Min(end, size));
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _directory, -1) is >= 0 and var open)
                _ = LinuxCalls.Close(open);
        }

        private static byte* Terminate(ReadOnlySpan<byte> name, byte* buffer)
        {
            name.CopyTo(new Span<byte>(buffer, TreeEntry.MaxName));
            buffer[name.Length] = 0;
            return buffer;
        }

        private ExtendedAttribute ReadAttribute(SafeFileHandle file, ReadOnlySpan<byte> name, byte* terminated, ReadOnlySpan<byte> attribute, ref int bytes)
        {
            var value = new byte[TreeEntry.MaxAttribute];
            nint length;
            fixed (byte* to = value)
                length = LinuxCalls.GetAttribute(file, terminated, to, (nuint)value.Length);
            bytes += attribute.Length + (int)Math.Max(length, 0);
            return length >= 0 && bytes <= TreeEntry.MaxAttributeBytes
                ? new ExtendedAttribute(attribute.ToArray(), value.AsSpan(0, (int)length).ToArray())
                : throw new CannotReadException(
                    $"The extended attributes of '{Join(name)}' cannot be read, or are larger than can be kept ({TreeEntry.MaxAttributeBytes} bytes): remove some, or leave the file out.");
        }

        private string Join(ReadOnlySpan<byte> name) => System.IO.Path.Combine(path, Encoding.UTF8.GetString(name));
    }
}
