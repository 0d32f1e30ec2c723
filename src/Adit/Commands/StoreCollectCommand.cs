using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit store gc</c>.</summary>
internal static class StoreCollectCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = "Print the report as JSON." };
        var command = new Command("gc", "Make room: remove content that no snapshot needs. Pushes may go on meanwhile.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(StoreCommand.Patience), hub.Url);
        var report = await api.CollectStoreAsync(cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(report, VolumesJson.Default.StoreCollectionReport));
        else
            Screen.Note($"{Words.Bytes(report.BytesFreed)} freed: {Words.Count(report.PacksRemoved)} packs removed, {Words.Count(report.PacksRewritten)} written anew.");
        return ExitCode.Ok;
    }
}
