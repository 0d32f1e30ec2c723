using Adit.Api;

namespace Adit.Hub.Volumes;

/// <summary>A volume as it is stored.</summary>
/// <param name="Id">What it keeps: 16 hexadecimal digits.</param>
/// <param name="Project">The project that it is in.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Description">A sentence for people.</param>
/// <param name="Created">When it was made.</param>
/// <param name="CreatedBy">The account that made it.</param>
internal sealed record Volume(string Id, string Project, string Name, VolumeKind Kind, string? Description, DateTimeOffset Created, string CreatedBy)
{
    /// <summary>The branch that there is without a word.</summary>
    public const string Main = "main";

    /// <summary>Most volumes of a project.</summary>
    public const int MostOfProject = 10_000;

    /// <summary>Most branches and tags of a volume.</summary>
    public const int MostRefs = 10_000;

    /// <summary>As people write it.</summary>
    public string Path => $"{Project}/{Name}";

    /// <summary>Whether a text can be a volume's name: a DNS label, because it is part of addresses too.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= 63 } && name[0] != '-' && name[^1] != '-' && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>Whether a text can be a branch's or a tag's name. None looks like the beginning of an id, and <c>latest</c> is another word for <c>main</c>.</summary>
    public static bool IsRefName(string? name) =>
        name is { Length: > 0 and <= 63 } && char.IsAsciiLetterOrDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
        && name != "latest" && !(name.Length >= VolumeStore.ShortestId && name.All(char.IsAsciiHexDigitLower));

    /// <summary>The branch of a snapshot that came too late for its own: <c>main-maria-0a1b2c3d</c>, a name that can be one.</summary>
    public static string BranchBeside(string branch, string author, string id)
    {
        var said = string.Concat($"{branch}-{author}".Select(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '-'));
        return $"{said[..Math.Min(said.Length, 54)]}-{id[..8]}";
    }
}
