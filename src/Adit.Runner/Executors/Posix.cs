using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>A user of this machine.</summary>
internal readonly record struct PosixUser(uint Id, uint Group);

/// <summary>The calls of Linux that .NET does not have. Only what <see cref="ProcessExecutor"/> and its like use, which say first that they need Linux.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Posix
{
    public const int SigStop = 19;
    public const int SigCont = 18;
    public const int SigTerm = 15;
    public const int SigKill = 9;

    private const int NoSuchFile = 2;
    private const int FileExists = 17;
    private const int BufferTooSmall = 34;
    private const int NotSupported = 95;
    private const int DiskFull = 28;
    private const int OverQuota = 122;
    private const int PunchHole = 2;
    private const int KeepSize = 1;
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Exclusive = 0x80;
    private const int CloseOnExec = 0x80000;
    private const int CurrentDirectory = -100;
    private const int LeaveLink = 0x100;
    private const uint OnlyOwner = 8;
    private const nint CloseRange = 436; // The same number on every architecture.
    private const uint CloseRangeOnExec = 4;

    // These two differ between processors.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x10000;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    /// <summary>Sends a signal to a process, or to a group when the number is negative. False when there is none, or it is not ours to signal.</summary>
    public static bool Signal(int process, int signal) => kill(process, signal) == 0;

    /// <summary>
    /// Keeps every file that is open here, but the standard streams, from programs that are started from now on: whatever started this process may have left
    /// it some. Where the kernel cannot (before Linux 5.11) they stay.
    /// </summary>
    public static void KeepOpenFiles() => _ = syscall(CloseRange, 3, uint.MaxValue, CloseRangeOnExec);

    /// <summary>The user of that name; null when there is none.</summary>
    public static PosixUser? User(string name)
    {
        for (var size = 1024; size <= 1 << 20; size *= 2)
        {
            var buffer = new byte[size];
            // struct passwd: name, passwd (pointers), uid, gid (u32), gecos, dir, shell (pointers).
            var entry = stackalloc byte[8 * sizeof(nint)];
            nint found;
            fixed (byte* b = buffer)
            {
                var error = getpwnam_r(name, entry, b, size, &found);
                if (error == BufferTooSmall)
                    continue;
                if (error != 0 || found == 0)
                    return null;
            }

            var ids = (uint*)(entry + 2 * sizeof(nint));
            return new PosixUser(ids[0], ids[1]);
        }

        return null;
    }

    /// <summary>The user that this process is.</summary>
    public static uint EffectiveUser() => geteuid();

    /// <summary>Whether a directory belongs to the user that this process is.</summary>
    public static bool IsOwn(string path)
    {
        // struct statx is the same on all processors, 256 bytes: the owner is the sixth word.
        var facts = stackalloc uint[64];
        return statx(CurrentDirectory, path, LeaveLink, OnlyOwner, facts) == 0 && facts[5] == geteuid();
    }

    /// <summary>Gives a file to a user. False when that may not be.</summary>
    public static bool GiveTo(string path, PosixUser user) => lchown(path, user.Id, user.Group) == 0;

    /// <summary>
    /// Frees the disk space of a range of a file, which then reads as zeros; its length stays. False where the file system cannot. Only in processes
    /// of 64 bits: elsewhere the C library's offsets are shorter.
    /// </summary>
    public static bool Free(SafeFileHandle file, long offset, long length)
    {
        if (fallocate((int)file.DangerousGetHandle(), PunchHole | KeepSize, offset, length) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == NotSupported ? false : throw Failure("fallocate");
    }

    /// <summary>Opens a directory to make things in it.</summary>
    public static SafeFileHandle OpenDirectory(string path) => Handle(open(path, OnlyDirectory | CloseOnExec, 0), path);

    /// <summary>Opens a directory inside another, made when it is missing and then given to the user. A link in its place fails.</summary>
    public static SafeFileHandle OpenOrMakeDirectory(SafeFileHandle parent, string name, PosixUser? owner)
    {
        var within = (int)parent.DangerousGetHandle();
        var made = mkdirat(within, name, 0x1ED) == 0; // 0755
        if (!made && Marshal.GetLastPInvokeError() != FileExists)
            throw Failure(name);
        var handle = Handle(openat(within, name, OnlyDirectory | NoFollow | CloseOnExec, 0), name);
        if (made && owner is { } user)
            _ = fchown((int)handle.DangerousGetHandle(), user.Id, user.Group);
        return handle;
    }

    /// <summary>Makes a file inside a directory, the user's; null when something of that name is there, be it a link.</summary>
    public static SafeFileHandle? MakeFile(SafeFileHandle parent, string name, PosixUser? owner)
    {
        var number = openat((int)parent.DangerousGetHandle(), name, WriteOnly | Create | Exclusive | NoFollow | CloseOnExec, 0x1A4); // 0644
        if (number < 0 && Marshal.GetLastPInvokeError() == FileExists)
            return null;
        var handle = Handle(number, name);
        if (owner is { } user)
            _ = fchown(number, user.Id, user.Group);
        return handle;
    }

    /// <summary>Whether a failure means that the disk, or what the user may have of it, is full.</summary>
    public static bool IsDiskFull(Exception e) => e switch
    {
        IOException io => (io.HResult & 0xFFFF) is DiskFull or OverQuota,
        Win32Exception native => native.NativeErrorCode is DiskFull or OverQuota,
        _ => false,
    };

    private static SafeFileHandle Handle(int number, string what) => number < 0 ? throw Failure(what) : new SafeFileHandle(number, ownsHandle: true);

    // An IOException with the system's number, as .NET's own are.
    private static IOException Failure(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchFile
            ? new FileNotFoundException($"'{what}' is not there.")
            : new IOException($"{Marshal.GetPInvokeErrorMessage(error)}: '{what}'", error);
    }

#pragma warning disable IDE1006, SA1300 // Names of the C library.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, uint* facts);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int file, uint user, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int getpwnam_r(string name, byte* entry, byte* buffer, nint size, nint* result);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, uint first, uint last, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int openat(int directory, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdirat(int directory, string path, uint mode);
#pragma warning restore IDE1006, SA1300
}
