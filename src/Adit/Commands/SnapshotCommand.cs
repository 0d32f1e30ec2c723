using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit snapshot</c>: keeps what is in a running task's workspace now.</summary>
internal static class SnapshotCommand
{
    // The hub waits for ten minutes for what the task's runner says.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(11);

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var message = new Option<string?>("--message", "-m") { Description = "What is said of the snapshot.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print what was made as JSON." };
        var command = new Command("snapshot", "Make a snapshot of a running task's workspace now. The task goes on.") { task, message, json };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(Patience), hub.Url);
            var made = await api.SnapshotTaskAsync(parsed.GetValue(task)!, new SnapshotTaskRequest { Message = parsed.GetValue(message) }, cancellationToken);
            if (parsed.GetValue(json))
                Screen.Line(JsonSerializer.Serialize(made, VolumesJson.Default.CreatedSnapshot));
            else
                Say(made);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Say(CreatedSnapshot made)
    {
        var snapshot = made.Snapshot;
        Screen.Line(made.IsNew
            ? $"{VolumeCommand.Short(snapshot.Id)} on {made.Branch}: {VolumeCommand.Files(snapshot.Files)}, {Words.Bytes(snapshot.Bytes)}; sent {Words.Bytes(snapshot.UploadedBytes)}"
            : $"{VolumeCommand.Short(snapshot.Id)} on {made.Branch}: nothing has changed");
        if (made.IsDiverged)
            Screen.Note($"The workspace had gone on from elsewhere, so the snapshot has a branch of its own: {made.Branch}. The task goes on there.");
    }
}
