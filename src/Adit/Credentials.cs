namespace Adit;

/// <summary>
/// The tokens that <c>adit login</c> got, one for each hub: a text file with a line <c>URL TOKEN</c> each, for its owner's eyes only; one
/// that was given to it has the word <c>given</c> after it. It is replaced as a whole, so that a reader never sees half of it.
/// </summary>
internal static class Credentials
{
    private const string Given = "given";

    // Far more hubs than anybody signs in to.
    private const int LargestFile = 1 << 20;

    /// <summary>The file.</summary>
    public static string File => Path.Combine(ClientFiles.Directory, "credentials");

    /// <summary>The token for a hub; null when there is none.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static string? Find(Uri hub) => Read().FirstOrDefault(line => line.Hub == Name(hub)).Token;

    /// <summary>Whether the token for a hub was made elsewhere, for more than this machine perhaps.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static bool WasGiven(Uri hub) => Read().Any(line => line.Hub == Name(hub) && line.IsGiven);

    /// <summary>The hub that there is a token for, when it is the only one.</summary>
    /// <exception cref="CommandException">The file cannot be read.</exception>
    public static Uri? OnlyHub() => Read() is [var line] && Uri.TryCreate(line.Hub, UriKind.Absolute, out var hub) ? hub : null;

    /// <summary>Remembers the token for a hub, in place of the one before; null forgets it.</summary>
    /// <exception cref="CommandException">The file cannot be written.</exception>
    public static void Set(Uri hub, string? token, bool isGiven = false)
    {
        var lines = Read().Where(line => line.Hub != Name(hub));
        if (token is not null)
            lines = lines.Append((Name(hub), token, isGiven));
        var text = string.Concat(lines.Select(static line => $"{line.Hub} {line.Token}{(line.IsGiven ? " " + Given : "")}\n"));
        try
        {
            Directory.CreateDirectory(ClientFiles.Directory);
            PrivateFile.Write(File, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"The token cannot be kept in {File} ({e.Message.TrimEnd('.')}); make it writable, or set ADIT_DATA to another directory.");
        }
    }

    private static List<(string Hub, string Token, bool IsGiven)> Read()
    {
        try
        {
            var file = new FileInfo(File);
            if (!file.Exists)
                return [];
            if (file.Length > LargestFile)
                throw new CommandException(ExitCode.Usage, $"{File} is too large to be a list of tokens; remove it and sign in again.");
            return
            [
                .. System.IO.File.ReadAllLines(File)
                    .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Where(static words => words.Length is 2 or 3)
                    .Select(static words => (words[0], words[1], words.Length == 3 && words[2] == Given)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Usage, $"{File} cannot be read ({e.Message.TrimEnd('.')}); make it readable, or set ADIT_TOKEN.");
        }
    }

    private static string Name(Uri hub) => hub.GetLeftPart(UriPartial.Authority);
}
