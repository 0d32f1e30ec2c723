using System.Runtime.Versioning;

namespace Adit.Hub.Storage;

/// <summary>
/// The directory that holds everything a hub keeps: readable by its user alone (mode 700, files 600), and used by one process at a time.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream fileLock)
    {
        Path = path;
        _lock = fileLock;
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>Makes the directory if it is missing and takes it for this process.</summary>
    /// <exception cref="StorageException">It cannot be made, or another process has it.</exception>
    public static DataDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                CreatePrivate(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data directory {path} cannot be made: {e.Message}", e);
        }

        var file = System.IO.Path.Combine(path, "lock");
        try
        {
            return new DataDirectory(path, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new StorageException(
                $"The data directory {path} is in use by another hub; stop that one or give this one another --data.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException(
                $"The data directory {path} belongs to another user; run the hub as that user or give it another --data.", e);
        }
    }

    /// <summary>The path of a file in it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file that only this user may read: first beside its place, then moved there, so that it is never half.</summary>
    public void WriteSecret(string name, ReadOnlySpan<byte> content) => WriteSecretFile(File(name), content);

    /// <summary>What a file for secrets holds, without white space around it; null when there is none that can be read.</summary>
    public string? ReadSecret(string name)
    {
        try
        {
            return System.IO.File.ReadAllText(File(name)).Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same for any path.</summary>
    public static void WriteSecretFile(string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        System.IO.File.Move(next, path, overwrite: true);
    }

    /// <inheritdoc />
    public void Dispose() => _lock.Dispose();

    [UnsupportedOSPlatform("windows")]
    private static void CreatePrivate(string path)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(path, Private);
        System.IO.File.SetUnixFileMode(path, Private);
    }
}
