using System.Formats.Tar;
using System.Globalization;

namespace Adit.Runner.Executors;

/// <summary>
/// Gives a home directory that the runner made to the user that the container runs as: the engine mounts it as it is, and most images run as
/// somebody who is not root.
/// </summary>
internal static class ContainerHome
{
    private const long LargestPasswd = 1 << 20;
    private const UnixFileMode Anybody = (UnixFileMode)0x1FF; // 0777: above it only the runner can pass, and the container sees no other.

    /// <summary>Hands it over, when it is the runner's own still.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="container">A container that was made and not started: its image knows the names.</param>
    /// <param name="home">The directory.</param>
    /// <param name="user">Who the container runs as: <c>NAME</c>, <c>NUMBER</c>, either with <c>:GROUP</c>; empty for root.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="DockerException">The engine does not answer.</exception>
    public static async Task HandOverAsync(DockerEngine engine, string container, string home, string user, CancellationToken cancellationToken)
    {
        var name = user.Split(':')[0];
        if (!OperatingSystem.IsLinux() || name is "" or "root" or "0")
            return;
        if (!uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            if (await FindAsync(engine, container, name, cancellationToken) is not { } found)
                return; // The engine will say that there is no such user.
            id = found;
        }

        var owner = new PosixUser(id, id);
        if (!Posix.IsOwn(home))
            return;
        if (Posix.EffectiveUser() != 0)
        {
            File.SetUnixFileMode(home, Anybody);
            return;
        }

        foreach (var path in Directory.EnumerateFileSystemEntries(home, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }))
            Posix.GiveTo(path, owner);
        Posix.GiveTo(home, owner);
    }

    // Reads the container's /etc/passwd, which comes as a tar.
    private static async Task<uint?> FindAsync(DockerEngine engine, string container, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await engine.OpenAsync(HttpMethod.Get, $"/containers/{container}/archive?path=/etc/passwd", null, cancellationToken);
            await using var archive = new TarReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            if (await archive.GetNextEntryAsync(copyData: true, cancellationToken) is not { DataStream: { } data } || data.Length > LargestPasswd)
                return null;
            using var reader = new StreamReader(data);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                var fields = line.Split(':');
                if (fields.Length > 3 && fields[0] == name && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    return id;
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or DockerException { Status: System.Net.HttpStatusCode.NotFound })
        {
            // It has no such file, or a strange one.
        }

        return null;
    }
}
