using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume prune</c>.</summary>
internal static class VolumePruneCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var dry = new Option<bool>("--dry-run") { Description = "Only say which would go." };
        var json = new Option<bool>("--json") { Description = "Print what went, or would, as JSON." };
        var command = new Command("prune", "Let go now of the snapshots that a volume's rule ('adit volume retention') does not keep. They cannot be had back.") { volume, dry, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(dry), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, bool isDry, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var report = await api.PruneAsync(name, isDry, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(report, VolumesJson.Default.PruneReport));
            return ExitCode.Ok;
        }

        if (isDry)
        {
            foreach (var id in report.Snapshots)
                Screen.Line(VolumeCommand.Short(id));
        }

        Screen.Note($"{Count(report.Removed)} {(isDry ? "would go" : "went")}, {Words.Count(report.Kept)} {(isDry ? "would stay" : "stayed")}.");
        return ExitCode.Ok;
    }

    private static string Count(int snapshots) => snapshots == 1 ? "1 snapshot" : $"{Words.Count(snapshots)} snapshots";
}
