using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>Frees disk space inside a file that another program appends to.</summary>
internal interface IFileHoles
{
    /// <summary>Frees what it can of a range, whose bytes are zeros from then on. The file keeps its length.</summary>
    /// <returns>False when this file system cannot; the range is as it was.</returns>
    bool Free(SafeFileHandle file, long offset, long length);
}

/// <summary>Knows how this system does it.</summary>
internal static class FileHoles
{
    /// <summary>The way of this system.</summary>
    public static IFileHoles ForThisSystem() => OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxHoles() : new NoHoles();

    [SupportedOSPlatform("linux")]
    private sealed class LinuxHoles : IFileHoles
    {
        public bool Free(SafeFileHandle file, long offset, long length) => Posix.Free(file, offset, length);
    }

    // The file grows until the task has ended.
    private sealed class NoHoles : IFileHoles
    {
        public bool Free(SafeFileHandle file, long offset, long length) => false;
    }
}
