using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>Calls of the Linux kernel by its C library that .NET has no way to: names beneath open directories, all times to the nanosecond, holes, attributes.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxCalls
{
    public const int CurrentDirectory = -100;
    public const int Exists = 17;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int NoDevice = 6;
    public const int NotADirectory = 20;
    public const int TooManyLinks = 40;
    public const int NotSupported = 95;

    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int WriteOnly = 1;
    public const int NoFollowFlag = 0x100;
    public const int RemoveDirectory = 0x200;
    public const int FollowLink = 0x400;
    public const int SeekData = 3;
    public const int SeekHole = 4;

    // Types of file systems: linux/magic.h.
    public const uint Ext = 0xEF53;
    public const uint Xfs = 0x5846_5342;
    public const uint Btrfs = 0x9123_683E;
    public const uint Tmpfs = 0x0102_1994;
    public const uint Overlay = 0x794C_7630;

    // Type, mode, links, both times, inode, size, blocks.
    private const uint StatMask = 0x7C7;
    private const int EmptyPath = 0x1000;

    public static int Directory { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    public static int NoFollow { get; } = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* name, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint ReadDirectory(int directory, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    public static partial nint ReadLinkAt(int directory, byte* name, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(SafeFileHandle file, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(SafeFileHandle file, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(SafeFileHandle file, byte* name, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeDirectoryAt(int directory, byte* name, uint mode);

    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    public static partial int SymbolicLinkAt(byte* target, int directory, byte* name);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(int fromDirectory, byte* from, int directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(int fromDirectory, byte* from, int directory, byte* name);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "ftruncate64", SetLastError = true)]
    public static partial int SetLength(int file, long length);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int file, uint mode);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int SetTimes(int file, TimePair* times);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    public static partial int SetTimesAt(int directory, byte* name, TimePair* times, int flags);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    public static partial int SetAttribute(int file, byte* name, byte* value, nuint length, int flags);

    /// <summary>The type of the file system that an open directory is in; 0 when the kernel does not say.</summary>
    public static uint FileSystemOf(int directory)
    {
        // struct statfs begins with the type, 4 or 8 bytes; 120 bytes at most.
        var buffer = stackalloc byte[256];
        return StatFileSystem(directory, buffer) == 0 ? *(uint*)buffer : 0;
    }

    /// <summary>What the kernel says of a name beneath a directory, or of the directory itself for an empty one; false with the error number when it cannot.</summary>
    public static bool TryStat(int directory, byte* name, out FileStat stat, out int error)
    {
        StatX x;
        if (StatAt(directory, name, *name == 0 ? EmptyPath : NoFollowFlag, StatMask, &x) != 0)
        {
            error = Marshal.GetLastPInvokeError();
            stat = default;
            return false;
        }

        error = 0;
        stat = new FileStat
        {
            Type = (x.Mode & 0xF000) switch { 0x8000 => Trees.EntryType.File, 0x4000 => Trees.EntryType.Directory, 0xA000 => Trees.EntryType.Link, _ => null },
            Mode = x.Mode & Trees.TreeEntry.ModeMask,
            Size = (long)x.Size,
            Allocated = (long)x.Blocks * 512,
            Modified = x.Modified.Nanoseconds,
            Changed = x.Changed.Nanoseconds,
            Inode = x.Inode,
            Device = ((ulong)x.DeviceMajor << 32) | x.DeviceMinor,
            Links = x.Links,
        };
        return true;
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFileSystem(int directory, byte* buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatAt(int directory, byte* name, int flags, uint mask, StatX* buffer);

    /// <summary>Time of last access, which is left alone, and of last change (two <c>struct timespec</c>).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct TimePair(long seconds, long nanoseconds)
    {
        private readonly long _accessed = 0;
        private readonly long _omit = 0x3FFF_FFFE;
        private readonly long _seconds = seconds;
        private readonly long _nanoseconds = nanoseconds;
    }

    // struct statx of linux/stat.h: the same on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(16)]
        public uint Links;
        [FieldOffset(28)]
        public ushort Mode;
        [FieldOffset(32)]
        public ulong Inode;
        [FieldOffset(40)]
        public ulong Size;
        [FieldOffset(48)]
        public ulong Blocks;
        [FieldOffset(96)]
        public Timestamp Changed;
        [FieldOffset(112)]
        public Timestamp Modified;
        [FieldOffset(136)]
        public uint DeviceMajor;
        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private readonly struct Timestamp
    {
        private readonly long _seconds;
        private readonly uint _nanoseconds;

        // Within 1677 to 2262; what is further off is as far as can be said.
        public long Nanoseconds => Math.Clamp(_seconds, -9_223_372_036, 9_223_372_035) * 1_000_000_000 + _nanoseconds;
    }
}
