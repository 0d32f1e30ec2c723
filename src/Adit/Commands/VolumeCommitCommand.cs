using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume commit</c>.</summary>
internal static class VolumeCommitCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var message = new Option<string?>("--message", "-m") { Description = "What the snapshot is.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print what was made as JSON; null when there was nothing to do." };
        var command = new Command("commit", "Make a snapshot of what was put into a volume by S3, now and not when nothing was put for a while.") { volume, message, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(message), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName volume, string? message, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var made = await api.CommitVolumeAsync(volume, message, cancellationToken);
        if (json)
            Screen.Line(made is null ? "null" : JsonSerializer.Serialize(made, VolumesJson.Default.CreatedSnapshot));
        else if (made is null)
            Screen.Note($"Nothing was put into {volume} since its newest snapshot.");
        else
            Screen.Line($"{VolumeCommand.Short(made.Snapshot.Id)} on {made.Branch}: {VolumeCommand.Files(made.Snapshot.Files)}, {Words.Bytes(made.Snapshot.Bytes)}");
        return ExitCode.Ok;
    }
}
