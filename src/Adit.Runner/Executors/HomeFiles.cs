using System.Text;
using Adit.Api;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>
/// Makes a task's home directory and writes the files of its specification into it that are not there yet. What is in a home is its user's and
/// not to be trusted: no link in it is followed, so that nothing is written outside.
/// </summary>
internal static class HomeFiles
{
    private const int MostFiles = 1000;
    private const int LongestPath = 1000;
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    // Links are not followed, and belong to whoever made them.
    private static readonly EnumerationOptions Beneath = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>Makes the home and its files.</summary>
    /// <param name="place">The task's place.</param>
    /// <param name="spec">The task.</param>
    /// <param name="owner">Whose they are; null for the runner's own user. The directories above are then opened for passing through.</param>
    /// <exception cref="ExecutorException">A path leads outside, or a link or file is in its way, or the disk is full.</exception>
    public static void Write(TaskPlace place, TaskSpec spec, PosixUser? owner)
    {
        var home = place.Home(spec.Home);
        var files = spec.Files ?? new Dictionary<string, string>();
        if (files.Count > MostFiles)
            throw new ExecutorException($"The task has {files.Count} files; {MostFiles} is the most.");
        try
        {
            place.Create();
            var isNew = !Directory.Exists(home);
            TaskPlace.CreateDirectory(home);
            if (OperatingSystem.IsLinux())
            {
                if (owner is { } user)
                    HandOver(place.Data, home, user, isNew);
                using var root = Posix.OpenDirectory(home);
                foreach (var (path, text) in files)
                    Write(root, path, text, owner);
            }
            else
            {
                foreach (var (path, text) in files)
                    Write(home, path, text);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Trouble(home, e);
        }
    }

    /// <summary>A failure of the disk as a sentence.</summary>
    public static ExecutorException Trouble(string path, Exception e) =>
        OperatingSystem.IsLinux() && Posix.IsDiskFull(e)
            ? new ExecutorException($"The runner's disk is full: '{path}' cannot be written. Free some space there and start the task again.", e)
            : new ExecutorException($"'{path}' cannot be written on the runner: {e.Message.TrimEnd('.')}.", e);

    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    private static void HandOver(string data, string home, PosixUser user, bool isNew)
    {
        // Another user must come through to its home, and sees nothing on the way: all else in there is 0600 or 0700.
        for (var above = Path.GetDirectoryName(home)!; above.Length >= data.Length; above = Path.GetDirectoryName(above)!)
        {
            if ((File.GetUnixFileMode(above) & UnixFileMode.OtherExecute) == 0)
                File.SetUnixFileMode(above, Passable);
        }

        // A workspace was checked out by the runner: all of it is handed over once.
        if (!isNew && Posix.IsOwn(home) && user.Id != Posix.EffectiveUser())
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(home, "*", Beneath))
                Posix.GiveTo(path, user);
            isNew = true;
        }

        if (isNew && !Posix.GiveTo(home, user))
            throw new IOException($"'{home}' cannot be given to the user: the runner is not root");
    }

    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    private static void Write(SafeFileHandle root, string path, string text, PosixUser? owner)
    {
        var parts = Parts(path);
        var opened = new Stack<SafeFileHandle>();
        try
        {
            var directory = root;
            foreach (var part in parts[..^1])
                opened.Push(directory = Posix.OpenOrMakeDirectory(directory, part, owner));
            if (Posix.MakeFile(directory, parts[^1], owner) is not { } file)
                return;
            using var stream = new FileStream(file, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (IOException e) when (!Posix.IsDiskFull(e))
        {
            throw new ExecutorException($"The file '{path}' cannot be written into the task's home directory: {e.Message}", e);
        }
        finally
        {
            while (opened.TryPop(out var handle))
                handle.Dispose();
        }
    }

    private static void Write(string home, string path, string text)
    {
        var file = Path.Combine([home, .. Parts(path)]);
        if (Path.Exists(file))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private static string[] Parts(string path)
    {
        var parts = path.Split('/');
        return path.Length is > 0 and <= LongestPath && !path.Contains('\0', StringComparison.Ordinal) && parts.All(static p => p is not ("" or "." or ".."))
            ? parts
            : throw new ExecutorException($"'{path}' is no path of a file inside the home directory.");
    }
}
