using System.Globalization;

namespace Adit.Runner.Executors;

/// <summary>Reads and writes the small files by which Linux is asked about control groups.</summary>
internal static class ControlFiles
{
    /// <summary>What a file holds, without the line's end; null when it or its group is gone.</summary>
    public static string? Read(string directory, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, name)).TrimEnd('\n');
        }
        catch (IOException)
        {
            return null; // Not there, or ENODEV: gone while we looked.
        }
    }

    /// <summary>The number in a file; null when there is none.</summary>
    public static long? ReadNumber(string directory, string name) => Number(Read(directory, name));

    /// <summary>The number after a word in a file of lines <c>word number</c>; null when there is none.</summary>
    public static long? ReadNumber(string directory, string name, string word)
    {
        foreach (var line in (Read(directory, name) ?? "").Split('\n'))
        {
            if (line.StartsWith(word, StringComparison.Ordinal) && line.Length > word.Length && line[word.Length] == ' ')
                return Number(line[(word.Length + 1)..]);
        }

        return null;
    }

    /// <summary>Writes a value.</summary>
    /// <exception cref="IOException">The system refuses.</exception>
    public static void Write(string directory, string name, string value)
    {
        try
        {
            using var file = new FileStream(Path.Combine(directory, name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(value));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Writes a value. False when the system refuses.</summary>
    public static bool TryWrite(string directory, string name, string value)
    {
        try
        {
            Write(directory, name, value);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The processes of a group and of the groups that its own processes made in it.</summary>
    public static IReadOnlyList<int> Processes(string directory)
    {
        var processes = new List<int>();
        foreach (var group in Tree(directory))
        {
            foreach (var line in (Read(group, "cgroup.procs") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                // 0 stands for a process that cannot be seen from here: another container's.
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && process > 1)
                    processes.Add(process);
            }
        }

        return processes;
    }

    /// <summary>Removes a group and the groups in it. True when it is gone.</summary>
    public static bool TryRemove(string directory)
    {
        foreach (var group in Tree(directory).Reverse())
        {
            try
            {
                Directory.Delete(group);
            }
            catch (DirectoryNotFoundException)
            {
                // Gone already.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A number as the system writes it.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    // The group first, then those inside.
    private static IEnumerable<string> Tree(string directory)
    {
        if (!Directory.Exists(directory))
            return [];
        try
        {
            return [directory, .. Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        }
        catch (IOException)
        {
            return [directory];
        }
    }

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
