namespace Adit.Testing;

/// <summary>A new directory, readable by its owner only, that is deleted with all it holds on dispose.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Makes the directory below the system's temporary folder.</summary>
    public TempDirectory() => Path = Directory.CreateTempSubdirectory("adit-").FullName;

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>The absolute path of a file or folder in it; nothing is created.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file into it and returns its absolute path.</summary>
    public string Write(string name, string content)
    {
        var path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test deleted it itself.
        }
        catch (IOException)
        {
            // A process that was just killed may still be writing. The folder is in the temporary one: leaving it harms nobody.
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
