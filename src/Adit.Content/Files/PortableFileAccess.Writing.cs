using System.Text;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

internal sealed partial class PortableFileAccess
{
    private sealed partial class OpenDirectory
    {
        public void MakeDirectory(ReadOnlySpan<byte> name)
        {
            var at = Join(name);
            Write(() =>
            {
                if (System.IO.Path.Exists(at))
                    throw new IOException($"'{at}' cannot be made: there is something of this name.");
                Directory.CreateDirectory(at);
            });
        }

        public SafeFileHandle MakeFile(ReadOnlySpan<byte> name, int mode)
        {
            var at = Join(name);
            SafeFileHandle? file = null;
            Write(() => file = File.OpenHandle(at, FileMode.CreateNew, FileAccess.Write, FileShare.None));
            return file!;
        }

        public void Write(SafeFileHandle file, TreeEntry entry, ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                RandomAccess.Write(file, bytes, offset);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CannotWriteException($"'{Join(entry.Name)}' cannot be written: {e.Message}", e);
            }
        }

        public void Describe(SafeFileHandle file, TreeEntry entry) => Write(() =>
        {
            if (RandomAccess.GetLength(file) != entry.Size)
                RandomAccess.SetLength(file, entry.Size);
            File.SetLastWriteTimeUtc(file, entry.Modified.ToDateTimeOffset().UtcDateTime);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, (UnixFileMode)entry.Mode);
        });

        public void MakeLink(ReadOnlySpan<byte> name, TreeEntry entry)
        {
            var at = Join(name);
            Write(() => File.CreateSymbolicLink(at, Encoding.UTF8.GetString(entry.Target)));
        }

        public bool TryHardLink(SafeFileHandle file, ReadOnlySpan<byte> name) => false;

        public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> name)
        {
            var (old, at) = (Join(from), Join(name));
            Write(() => File.Move(old, at, overwrite: true));
        }

        public void Remove(ReadOnlySpan<byte> name, bool isDirectory)
        {
            var at = Join(name);
            Write(() =>
            {
                if (!isDirectory)
                    File.Delete(at);
                else if (Directory.Exists(at))
                    Directory.Delete(at);
            });
        }

        public void SetMode(int mode) => Write(() =>
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, (UnixFileMode)mode);
        });

        private static void Write(Action write)
        {
            try
            {
                write();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CannotWriteException(e.Message, e);
            }
        }
    }
}
