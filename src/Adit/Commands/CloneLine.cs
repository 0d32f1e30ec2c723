using System.Text.Json;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What lines about clones have in common: which one a line is about, and how what both sides changed is shown.</summary>
internal static class CloneLine
{
    private const int Shown = 20;

    /// <summary>Brings directories to the hub and back.</summary>
    public static VolumeTransfer Transfer(HubApi api, HubAccess hub) => new(api, hub.Url, Path.Combine(ClientFiles.Directory, "index"), TimeProvider.System);

    /// <summary>The clone that a directory is in.</summary>
    /// <exception cref="CommandException">It is in none.</exception>
    public static (string Directory, CloneState State) At(string directory, string otherwise) => CloneState.Find(directory)
        ?? throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(directory)}' is in no clone: {otherwise}");

    /// <summary>What a line is about that may leave out the directory, and the volume of a clone.</summary>
    /// <param name="directory">The directory that was said.</param>
    /// <param name="volume">The volume that was said.</param>
    /// <param name="verb"><c>push</c> or <c>pull</c>.</param>
    /// <param name="hub">The hub that the line is for.</param>
    /// <returns>The directory, the volume, and the clone that it is of this volume; null for none.</returns>
    /// <exception cref="CommandException">Something is missing.</exception>
    public static (string Directory, VolumeName Volume, CloneState? Clone) Of(string? directory, string? volume, string verb, Uri hub)
    {
        var isPull = verb == "pull";
        var (said, other) = isPull ? (volume, directory) : (directory, volume);
        if (said is not null && other is not null)
        {
            var name = VolumeCommand.Parse(volume!, withSnapshot: isPull);
            var there = Directory.Exists(directory) ? CloneState.Read(directory) : null;
            return (directory!, name, there is not null && there.Volume == $"{name.Project}/{name.Name}" ? there : null);
        }

        // One word is a clone's directory.
        var how = $"write 'adit {verb} {(isPull ? "VOLUME DIR" : "DIR VOLUME")}', or make a clone with 'adit clone VOLUME'.";
        if (said is not null && !Directory.Exists(said))
            throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(said)}' is no clone here: {how}");
        var (at, state) = At(said ?? ".", how);
        state.CheckHub(hub);
        return (at, VolumeTransfer.NameOf(state), state);
    }

    public static string Json(PullReport report) => JsonSerializer.Serialize(report, PullJson.Default.PullReport);

    /// <summary>Lists what both sides changed.</summary>
    public static void Show(IEnumerable<(string Path, string Kind, string? Beside)> conflicts, long count)
    {
        foreach (var (path, kind, beside) in conflicts.Take(Shown))
            Screen.Note($"C {RequestLine.Safe(path)} ({Why(kind)}{(beside is null ? "" : $"; theirs is {RequestLine.Safe(beside)}")})");
        if (count > Shown)
            Screen.Note($"… and {Words.Count(count - Shown)} more.");
    }

    /// <summary><c>both changed the same lines</c>.</summary>
    private static string Why(string kind) => kind switch
    {
        "text" => "both changed the same lines",
        "notebook" => "both changed the same cells",
        "binary" => "both changed it, and it cannot be merged",
        "added" => "both added it, differently",
        "removed" => "one removed it, the other changed it",
        "type" => "a file here, something else there",
        _ => "both gave an attribute another value",
    };
}
