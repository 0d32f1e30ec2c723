using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume show</c>.</summary>
internal static class VolumeShowCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var json = new Option<bool>("--json") { Description = "Print the volume as JSON." };
        var command = new Command("show", "Show a volume with its branches and tags.") { volume, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var volume = await api.GetVolumeAsync(name, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(volume, VolumesJson.Default.ApiVolume));
            return ExitCode.Ok;
        }

        var table = new Table("VOLUME", $"{volume.Project}/{volume.Name}");
        table.Add("KIND", VolumeCommand.Of(volume.Kind));
        if (volume.Description is { Length: > 0 } description)
            table.Add("ABOUT", RequestLine.Safe(description));
        table.Add("MADE", $"{Words.Date(volume.Created)} by {volume.CreatedBy}");
        table.Add("NEWEST", volume.Latest is { } latest ? $"{VolumeCommand.Short(latest.Id)}, {VolumeCommand.Files(latest.Files)}, {Words.Bytes(latest.Bytes)}" : "none yet; 'adit push' makes one");
        foreach (var reference in volume.Refs)
            table.Add(reference.IsTag ? "TAG" : "BRANCH", $"{reference.Name} at {VolumeCommand.Short(reference.Snapshot)}");
        table.Add("YOU MAY", string.Join(", ", (string[])["read", .. volume.May]));
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
