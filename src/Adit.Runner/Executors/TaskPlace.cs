using System.Text;

namespace Adit.Runner.Executors;

/// <summary>
/// Where a runner keeps one task: the directory <c>tasks/ID</c> of its data directory, only its owner's to read (0700, files 0600). It holds what
/// the runner writes about the task (<c>task.json</c> and whatever else the agent wants to keep), its log (<see cref="LogDirectory"/>), its home
/// directory, and a directory for each attempt (<c>1</c>, <c>2</c>), which is the executor's.
/// </summary>
internal sealed class TaskPlace
{
    private const int LongestWord = 100;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Names the place; nothing is created.</summary>
    /// <param name="data">The runner's data directory.</param>
    /// <param name="task">The task's id.</param>
    /// <exception cref="ArgumentException">The id cannot be the name of a directory. Ids come from the hub and are not trusted to stay inside.</exception>
    public TaskPlace(string data, string task)
    {
        if (!IsWord(task))
            throw new ArgumentException($"'{task}' cannot be a task's id.", nameof(task));
        Data = System.IO.Path.GetFullPath(data);
        Id = task;
        Path = System.IO.Path.Combine(Data, "tasks", task);
    }

    /// <summary>The task's id.</summary>
    public string Id { get; }

    /// <summary>The runner's data directory, absolute.</summary>
    public string Data { get; }

    /// <summary>Its directory, absolute.</summary>
    public string Path { get; }

    /// <summary>Where its <see cref="TaskSpool"/> is.</summary>
    public string LogDirectory => File("log");

    /// <summary>The places of all tasks that the data directory knows, in no order.</summary>
    public static IReadOnlyList<TaskPlace> All(string data)
    {
        var tasks = System.IO.Path.Combine(data, "tasks");
        return Directory.Exists(tasks)
            ? [.. Directory.EnumerateDirectories(tasks).Select(d => System.IO.Path.GetFileName(d)).Where(IsWord).Select(n => new TaskPlace(data, n))]
            : [];
    }

    /// <summary>Makes the directory when it is not there.</summary>
    public void Create() => CreateDirectory(Path);

    /// <summary>The directory of an attempt, created when it is not there.</summary>
    public string Attempt(int attempt)
    {
        var path = File(attempt.ToString(System.Globalization.CultureInfo.InvariantCulture));
        CreateDirectory(path);
        return path;
    }

    /// <summary>The attempts that have a directory, in order.</summary>
    public IReadOnlyList<int> Attempts() => !Directory.Exists(Path)
        ? []
        : [.. Directory.EnumerateDirectories(Path)
            .Select(static d => int.TryParse(System.IO.Path.GetFileName(d), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : 0)
            .Where(static n => n > 0).Order()];

    /// <summary>The home directory: the task's own, or the one that all tasks with the same word share. Nothing is created.</summary>
    /// <exception cref="ExecutorException">The word cannot be the name of a directory.</exception>
    public string Home(string? word)
    {
        if (word is null)
            return File("home");
        if (!IsWord(word))
            throw new ExecutorException($"'{word}' cannot name a home directory: only letters, digits, '.', '_' and '-' can.");
        return System.IO.Path.Combine(Data, "homes", word);
    }

    /// <summary>What a file of the place holds; null when it is not there.</summary>
    public string? Read(string name) => ReadFile(File(name));

    /// <summary>
    /// Writes a file so that it holds the old or the new text whenever the process is killed, and never half of one.
    /// </summary>
    public void Write(string name, string text)
    {
        Create();
        WriteFile(File(name), text);
    }

    /// <summary>Deletes the directories of the attempts up to one.</summary>
    /// <exception cref="IOException">Something of them cannot be deleted.</exception>
    public void RemoveAttempts(int upTo)
    {
        foreach (var attempt in Attempts().Where(a => a <= upTo))
            Directory.Delete(Attempt(attempt), recursive: true);
    }

    /// <summary>Deletes the log.</summary>
    /// <exception cref="IOException">Something of it cannot be deleted.</exception>
    public void RemoveLog()
    {
        if (Directory.Exists(LogDirectory))
            Directory.Delete(LogDirectory, recursive: true);
    }

    /// <summary>Deletes the directory and all in it, also the task's own home directory. Shared homes stay.</summary>
    public void Remove()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true); // Does not follow links.
    }

    /// <summary>The absolute path of a file of the place; nothing is created.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public override string ToString() => Path;

    /// <summary>Makes a directory, and those above it that are missing, which only their owner can enter.</summary>
    internal static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        if (System.IO.Path.GetDirectoryName(path) is { } above)
            CreateDirectory(above); // .NET would give those that it makes on the way to everybody.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path); // Inherits the access list of the data directory.
        else
            Directory.CreateDirectory(path, Private);
    }

    internal static string? ReadFile(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    internal static void WriteFile(string path, string text)
    {
        var next = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = PrivateFile;
        using (var file = new FileStream(next, options))
            file.Write(Encoding.UTF8.GetBytes(text));
        System.IO.File.Move(next, path, overwrite: true);
    }

    // What is used as a name of a file: no separators, not hidden, not '..'.
    private static bool IsWord(string? word) =>
        word is { Length: > 0 and <= LongestWord } && word[0] != '.' && word.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
