using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit clone</c>: a directory that remembers which volume it is of.</summary>
internal static class CloneCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var volume = VolumeCommand.VolumeAt();
        var directory = new Argument<string?>("DIR") { Description = "The directory, new or empty. Default: one named like the volume.", DefaultValueFactory = static _ => null };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("clone", "Make a directory of a volume that remembers it: in there 'adit pull' and 'adit push' need no names.") { volume, directory, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true), parsed.GetValue(directory), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, string? directory, bool json, CancellationToken cancellationToken)
    {
        directory ??= name.Name;
        if (File.Exists(directory) || (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any()))
            throw new CommandException(ExitCode.NotFoundOrTaken, $"'{RequestLine.Safe(directory)}' is there already and not empty; say another DIR.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = CloneLine.Transfer(api, hub);
        try
        {
            using var view = TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System);
            var (state, snapshot, result) = await transfer.CloneAsync(name, directory, cancellationToken);
            view?.Dispose();
            if (json)
                Screen.Line(CloneLine.Json(PullReport.Of(name, snapshot, result)));
            else
                Screen.Line($"{RequestLine.Safe(directory)} is a clone of {state.Volume}, branch {state.Branch}, at {VolumeCommand.Short(snapshot.Id)}: {VolumeCommand.Files(snapshot.Files)}, {Words.Bytes(snapshot.Bytes)}");
            return ExitCode.Ok;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            Screen.Note($"Stopped: part of the files are written. Remove '{RequestLine.Safe(directory)}' and clone again.");
            return EndSignals.ExitCode;
        }
    }
}
