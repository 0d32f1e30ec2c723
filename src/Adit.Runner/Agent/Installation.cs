using System.Buffers.Text;
using System.Security.Cryptography;
using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>
/// A runner's data directory: its own word, by which the hub knows it again, and the lock that keeps a second runner out.
/// </summary>
internal sealed class Installation : IDisposable
{
    /// <summary>The file that a runner holds while it uses the directory.</summary>
    public const string LockFile = "runner.lock";

    private readonly FileStream _lock;

    private Installation(string path, string word, FileStream held)
    {
        Path = path;
        Word = word;
        _lock = held;
    }

    /// <summary>The directory, absolute.</summary>
    public string Path { get; }

    /// <summary>The word: 22 characters, 128 random bits. Whoever knows it and has a token of the runner's account can be this runner.</summary>
    public string Word { get; }

    /// <summary>Opens a directory, which is made when it is not there.</summary>
    /// <exception cref="IOException">It cannot be used, or another runner does.</exception>
    public static Installation Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        TaskPlace.CreateDirectory(path);
        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The data directory {path} is in use by another runner, or cannot be written ({e.Message}); give this one another --data.", e);
        }

        try
        {
            var file = System.IO.Path.Combine(path, "installation");
            var word = TaskPlace.ReadFile(file)?.Trim();
            if (string.IsNullOrEmpty(word))
            {
                word = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
                TaskPlace.WriteFile(file, word + "\n");
            }

            return new Installation(path, word, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();
}
