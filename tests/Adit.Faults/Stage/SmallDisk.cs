using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary>A file system of a given size, mounted until it is disposed of. Only root on Linux can have one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempDirectory _folder;

    private SmallDisk(TempDirectory folder) => _folder = folder;

    /// <summary>Where it is.</summary>
    public string Path => _folder.Path;

    /// <summary>Mounts one.</summary>
    /// <param name="size">As mount takes it: <c>2m</c>.</param>
    public static async Task<SmallDisk> MountAsync(string size)
    {
        var folder = new TempDirectory();
        try
        {
            await ChildProcess.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={size},mode=0700", "tmpfs", folder.Path]);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            folder.Dispose();
            throw new InvalidOperationException($"A small file system cannot be mounted here; run this as root on Linux: {e.Message}", e);
        }

        return new SmallDisk(folder);
    }

    /// <summary>Makes it larger or smaller; what is there stays.</summary>
    public Task ResizeAsync(string size) => ChildProcess.RunAsync("mount", ["-o", $"remount,size={size}", Path]);

    /// <summary>Fills it with a file.</summary>
    public void Fill(string name)
    {
        using var file = new FileStream(System.IO.Path.Combine(Path, name), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ChildProcess.RunAsync("umount", ["--lazy", Path]);
        _folder.Dispose();
    }
}
