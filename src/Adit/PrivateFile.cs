using System.Text;

namespace Adit;

/// <summary>Files for their owner's eyes only.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file so that a reader never sees half of it, and nobody else sees any of it (0600).</summary>
    /// <exception cref="IOException">It cannot be written; what was there before is.</exception>
    public static void Write(string path, string text)
    {
        var next = path + ".new";
        File.Delete(next); // One that was left behind might be readable by others.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
            stream.Write(Encoding.ASCII.GetBytes(text));
        File.Move(next, path, overwrite: true);
    }
}
