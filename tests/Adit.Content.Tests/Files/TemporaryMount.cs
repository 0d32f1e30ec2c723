using System.Diagnostics;

namespace Adit.Content.Files;

/// <summary>A file system in memory that is mounted while a test runs. Skips the test where nobody may mount.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private readonly string _path;

    private TemporaryMount(string path) => _path = path;

    public static async Task<TemporaryMount> MakeAsync(string path, string size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root of Linux may mount.");
        Directory.CreateDirectory(path);
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={size}", "adit-test", path]) { RedirectStandardError = true })!;
        await mount.WaitForExitAsync();
        Assert.SkipUnless(mount.ExitCode == 0, "Nothing can be mounted here.");
        return new TemporaryMount(path);
    }

    public void Dispose()
    {
        using var unmount = Process.Start("umount", ["-l", _path]);
        unmount.WaitForExit();
    }
}
