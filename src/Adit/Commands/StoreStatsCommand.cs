using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit store stats</c>.</summary>
internal static class StoreStatsCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = "Print the numbers as JSON." };
        var command = new Command("stats", "Say what the content of each project takes: all files of all snapshots, the chunks that they are made of, and these on the disk.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var report = await api.GetStorageAsync(cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(report, VolumesJson.Default.StorageReport));
            return ExitCode.Ok;
        }

        if (report.Projects.Count == 0)
        {
            Screen.Note("There is no content yet.");
            return ExitCode.Ok;
        }

        var table = new Table("PROJECT", "SNAPSHOTS", "FILES OF ALL", "CHUNKS", "ON DISK", "PACKS", "DAMAGED");
        foreach (var p in report.Projects)
        {
            table.Add(
                p.Project, Words.Count(p.Snapshots), Words.Bytes(p.SnapshotBytes), $"{Words.Count(p.Chunks)}, {Words.Bytes(p.PlainBytes)}", Words.Bytes(p.StoredBytes),
                Words.Count(p.Packs), p.DamagedChunks.ToString(CultureInfo.InvariantCulture));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
