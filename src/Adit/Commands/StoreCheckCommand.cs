using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit store check</c>.</summary>
internal static class StoreCheckCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var readData = new Option<bool>("--read-data") { Description = "Read every byte, and compare each chunk with its id." };
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command("check", "Look whether all content of volumes is there and right. It ends with 1 when it is not.") { readData, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(readData), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool readData, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(StoreCommand.Patience), hub.Url);
        var report = await api.CheckStoreAsync(readData, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(report, VolumesJson.Default.StoreCheckReport));
        }
        else
        {
            foreach (var finding in report.Findings)
                Screen.Line(RequestLine.Safe(finding));
            var read = readData ? $"{Words.Bytes(report.BytesRead)} read" : "their data was not read (--read-data)";
            Screen.Note(
                $"{Words.Count(report.Snapshots)} snapshots, {Words.Count(report.Packs)} packs, {Words.Count(report.Chunks)} chunks, {read}: "
                + (report.Findings.Count == 0 ? "all is right." : $"{Words.Count(report.Findings.Count)} findings. docs/store.md says what to do."));
        }

        return report.Findings.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }
}
