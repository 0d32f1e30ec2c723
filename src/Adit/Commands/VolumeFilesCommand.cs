using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume files</c>.</summary>
internal static class VolumeFilesCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.VolumeAt();
        var path = new Argument<string>("PATH") { Description = "A directory in it. Default: the topmost.", DefaultValueFactory = static _ => "" };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of entries." };
        var command = new Command("files", "List a directory of a snapshot.") { volume, path, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true), parsed.GetValue(path)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, string path, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var entries = await api.ListFilesAsync(name, path, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", entries.Select(static e => JsonSerializer.Serialize(e, VolumesJson.Default.FileEntry)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("MODE", "SIZE", "CHANGED", "NAME");
        foreach (var entry in entries)
        {
            table.Add(
                Convert.ToString(entry.Mode, 8).PadLeft(4, '0'), Words.Bytes(entry.Bytes), entry.Modified is { } at ? Words.Date(at) : "-",
                RequestLine.Safe(entry.Name) + (entry.Type == "directory" ? "/" : entry.Target is { } target ? $" -> {RequestLine.Safe(target)}" : ""));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
