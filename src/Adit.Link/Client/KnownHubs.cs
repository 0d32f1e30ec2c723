using System.Globalization;
using System.Text;

namespace Adit.Link;

/// <summary>
/// The keys of hubs that were trusted on first use: a text file with a line <c>HOST:PORT sha256:FINGERPRINT</c> each; lines that begin with
/// <c>#</c> are comments. Lines are only ever appended; people remove them. Thread-safe, and safe between processes.
/// </summary>
public sealed class KnownHubs(string path)
{
    // Far more hubs than anybody knows.
    private const int LargestFile = 1 << 20;

    private readonly Lock _lock = new();

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The fingerprint that was trusted for a hub; null when it is not known yet.</summary>
    /// <exception cref="TlsTrustException">The file is damaged or cannot be read: nobody can tell whether the hub is known.</exception>
    public string? Find(string host, int port)
    {
        lock (_lock)
        {
            var name = Name(host, port);
            foreach (var (line, number) in Lines().Select((line, index) => (line.Trim(), index + 1)))
            {
                if (line.Length == 0 || line[0] == '#')
                    continue;
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length != 2)
                    throw Damaged(number);
                if (!words[0].Equals(name, StringComparison.OrdinalIgnoreCase))
                    continue;
                try
                {
                    return KeyPin.Parse(words[1]);
                }
                catch (FormatException)
                {
                    throw Damaged(number);
                }
            }

            return null;
        }
    }

    /// <summary>Remembers a hub's fingerprint.</summary>
    /// <exception cref="TlsTrustException">The file cannot be written: the hub would be trusted on first use for ever.</exception>
    public void Add(string host, int port, string fingerprint)
    {
        lock (_lock)
        {
            try
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
                var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
                if (!OperatingSystem.IsWindows())
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                using var stream = new FileStream(Path, options);
                stream.Write(Encoding.ASCII.GetBytes($"{Name(host, port)} {fingerprint}\n"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new TlsTrustException($"The hub {Name(host, port)} cannot be remembered in {Path} ({e.Message.TrimEnd('.')}); make the file writable, or give the hub's fingerprint with --pin.");
            }
        }
    }

    internal static string Name(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host.ToLowerInvariant()}:{port}");

    private string[] Lines()
    {
        try
        {
            var file = new FileInfo(Path);
            if (!file.Exists)
                return [];
            if (file.Length > LargestFile)
                throw new TlsTrustException($"{Path} is too large to be a list of known hubs; remove it, or give the hub's fingerprint with --pin.");
            return File.ReadAllLines(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TlsTrustException($"{Path} cannot be read ({e.Message.TrimEnd('.')}), so it is not known which hubs are trusted; make it readable.");
        }
    }

    private TlsTrustException Damaged(int line) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Path}, line {line}, is not 'HOST:PORT sha256:FINGERPRINT'; correct or remove it."));
}
