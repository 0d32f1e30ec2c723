using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume du</c>.</summary>
internal static class VolumeUseCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.VolumeAt();
        var path = new Argument<string>("PATH") { Description = "A directory in it. Default: the topmost.", DefaultValueFactory = static _ => "" };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of entries." };
        var command = new Command("du", "Say what in a directory of a snapshot is large, largest first. These are the sizes of files; 'adit store stats' has what they take on the hub.") { volume, path, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true), parsed.GetValue(path)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, string path, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var entries = (await api.ListFilesAsync(name, path, cancellationToken)).OrderByDescending(static e => e.Bytes).ToList();
        if (json)
        {
            Screen.Line($"[{string.Join(",", entries.Select(static e => JsonSerializer.Serialize(e, VolumesJson.Default.FileEntry)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("SIZE", "FILES", "NAME");
        foreach (var entry in entries)
            table.Add(Words.Bytes(entry.Bytes), Words.Count(entry.Files ?? 1), RequestLine.Safe(entry.Name) + (entry.Type == "directory" ? "/" : ""));
        table.Add(Words.Bytes(entries.Sum(static e => e.Bytes)), Words.Count(entries.Sum(static e => e.Files ?? 1)), "all");
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
