using System.Globalization;

namespace Adit.Content.Packs;

/// <summary>Says that this process has the store. The system lets go of it when the process ends, however it does.</summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <exception cref="IOException">Somebody else has it.</exception>
    public static StoreLock Take(string directory)
    {
        // The number lies in a file of its own: where locks are mandatory nobody could read it from the one that is locked.
        var owner = Path.Combine(directory, "lock.pid");
        FileStream file;
        try
        {
            file = new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(Path.Combine(directory, "lock")))
        {
            throw new IOException($"The store in '{directory}' is in use by another process{Owner(owner)}. Stop that one first, or use another directory.", e);
        }

        try
        {
            File.WriteAllText(owner, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // A full disk: the lock holds, only its owner is not named.
        }

        return new StoreLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Owner(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? $" (pid {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
