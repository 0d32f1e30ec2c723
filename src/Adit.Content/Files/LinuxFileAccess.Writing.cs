using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

internal sealed partial class LinuxFileAccess
{
    private sealed unsafe partial class OpenDirectory
    {
        // What this process takes away from the modes of all that it makes.
        private static readonly int Umask = ReadUmask();

        [SkipLocalsInit]
        public void MakeDirectory(ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            Check(LinuxCalls.MakeDirectoryAt(_directory, Terminate(name, buffer), 0b111_000_000), name, "cannot be made");
        }

        [SkipLocalsInit]
        public SafeFileHandle MakeFile(ReadOnlySpan<byte> name, int mode)
        {
            var buffer = stackalloc byte[NameBuffer];
            const int Flags = LinuxCalls.Create | LinuxCalls.Exclusive | LinuxCalls.WriteOnly | LinuxCalls.CloseOnExec;
            var file = LinuxCalls.OpenAt(_directory, Terminate(name, buffer), Flags | LinuxCalls.NoFollow, mode);
            Check(file, name, "cannot be made");
            return new SafeFileHandle(file, ownsHandle: true);
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

        public void Describe(SafeFileHandle file, TreeEntry entry)
        {
            var open = (int)file.DangerousGetHandle();
            if (entry.Form == FileForm.List)
                Check(LinuxCalls.SetLength(open, entry.Size), entry.Name, "cannot have its length");
            foreach (var attribute in entry.Attributes)
            {
                if (!attribute.Name.AsSpan().StartsWith(KeptAttributes))
                    continue;
                fixed (byte* name = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(attribute.Name) + '\0'))
                fixed (byte* value = attribute.Value)
                {
                    // A file system without attributes (NFS, some tmpfs) still takes the bytes.
                    if (LinuxCalls.SetAttribute(open, name, value, (nuint)attribute.Value.Length, 0) < 0 && Marshal.GetLastPInvokeError() != LinuxCalls.NotSupported)
                        Check(-1, entry.Name, "cannot have its extended attributes");
                }
            }

            if ((entry.Mode & Umask) != 0)
                Check(LinuxCalls.ChangeMode(open, (uint)entry.Mode), entry.Name, "cannot have its mode");
            var time = new LinuxCalls.TimePair(entry.Modified.Seconds, entry.Modified.Nanoseconds);
            Check(LinuxCalls.SetTimes(open, &time), entry.Name, "cannot have its time");
        }

        [SkipLocalsInit]
        public void MakeLink(ReadOnlySpan<byte> name, TreeEntry entry)
        {
            var buffer = stackalloc byte[NameBuffer];
            var target = stackalloc byte[TreeEntry.MaxTarget + 1];
            entry.Target.CopyTo(new Span<byte>(target, TreeEntry.MaxTarget));
            target[entry.Target.Length] = 0;
            Check(LinuxCalls.SymbolicLinkAt(target, _directory, Terminate(name, buffer)), name, "cannot be made");
            var time = new LinuxCalls.TimePair(entry.Modified.Seconds, entry.Modified.Nanoseconds);
            Check(LinuxCalls.SetTimesAt(_directory, buffer, &time, LinuxCalls.NoFollowFlag), name, "cannot have its time");
        }

        [SkipLocalsInit]
        public bool TryHardLink(SafeFileHandle file, ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            fixed (byte* from = Encoding.ASCII.GetBytes($"/proc/self/fd/{file.DangerousGetHandle()}\0"))
                return LinuxCalls.LinkAt(LinuxCalls.CurrentDirectory, from, _directory, Terminate(name, buffer), LinuxCalls.FollowLink) == 0;
        }

        [SkipLocalsInit]
        public void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> name)
        {
            var buffer = stackalloc byte[NameBuffer];
            var to = stackalloc byte[NameBuffer];
            Check(LinuxCalls.RenameAt(_directory, Terminate(from, buffer), _directory, Terminate(name, to)), name, "cannot be put in its place");
        }

        [SkipLocalsInit]
        public void Remove(ReadOnlySpan<byte> name, bool isDirectory)
        {
            var buffer = stackalloc byte[NameBuffer];
            if (LinuxCalls.UnlinkAt(_directory, Terminate(name, buffer), isDirectory ? LinuxCalls.RemoveDirectory : 0) < 0
                && Marshal.GetLastPInvokeError() != LinuxCalls.NoEntry)
                Check(-1, name, "cannot be removed");
        }

        public void SetMode(int mode) => Check(LinuxCalls.ChangeMode(_directory, (uint)mode), [], "cannot have its mode");

        private static int ReadUmask()
        {
            try
            {
                var line = File.ReadLines("/proc/self/status").FirstOrDefault(static l => l.StartsWith("Umask:", StringComparison.Ordinal));
                return line is null ? TreeEntry.ModeMask : Convert.ToInt32(line[6..].Trim(), 8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                return TreeEntry.ModeMask;
            }
        }

        private void Check(int result, ReadOnlySpan<byte> name, string failure)
        {
            if (result >= 0)
                return;
            var error = Marshal.GetLastPInvokeError();
            var says = error == LinuxCalls.Exists ? "there is something of this name" : Marshal.GetPInvokeErrorMessage(error);
            throw new CannotWriteException($"'{(name.IsEmpty ? path : Join(name))}' {failure}: {says}.");
        }
    }
}
