using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Content.Files;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit pull</c>: makes a directory what a snapshot is.</summary>
internal static class PullCommand
{
    private const int ConflictsShown = 20;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var volume = VolumeCommand.VolumeAt();
        var directory = new Argument<string>("DIR") { Description = "The directory; made when there is none." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that were changed here. Otherwise nothing is written when there are any." };
        var removeOthers = new Option<bool>("--remove-others") { Description = "With --overwrite: remove what is in no snapshot, so that the directory is the snapshot and nothing else." };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("pull", "Make a directory what a snapshot is. Only what is not there yet is fetched.") { volume, directory, overwrite, removeOthers, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true),
            parsed.GetValue(directory)!,
            new CheckoutOptions { Overwrite = parsed.GetValue(overwrite), RemoveOthers = parsed.GetValue(removeOthers) },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, string directory, CheckoutOptions options, bool json, CancellationToken cancellationToken)
    {
        if (options is { RemoveOthers: true, Overwrite: false })
            throw new CommandException(ExitCode.Usage, "--remove-others removes files that are nowhere else; say --overwrite too.");
        if (File.Exists(directory))
            throw new CommandException(ExitCode.NotFoundOrTaken, $"'{RequestLine.Safe(directory)}' is a file, not a directory.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = new VolumeTransfer(api, hub.Url, Path.Combine(ClientFiles.Directory, "index"), TimeProvider.System);
        try
        {
            ApiSnapshot snapshot;
            CheckoutResult result;
            using (TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System))
                (snapshot, result) = await transfer.PullAsync(name, directory, options, cancellationToken);
            if (json)
                Screen.Line(JsonSerializer.Serialize(PullReport.Of(name, snapshot, result), PullJson.Default.PullReport));
            else
                Screen.Line(
                    $"{VolumeCommand.Short(snapshot.Id)}: {VolumeCommand.Files(snapshot.Files)}, {Words.Bytes(snapshot.Bytes)}; "
                    + $"wrote {VolumeCommand.Files(result.FilesWritten)} ({Words.Bytes(result.BytesWritten)}), removed {Words.Count(result.Removed)}");
            return ExitCode.Ok;
        }
        catch (CheckoutConflictException e)
        {
            foreach (var path in e.Paths.Take(ConflictsShown))
                Screen.Note(RequestLine.Safe(path));
            throw new CommandException(ExitCode.Failed, $"{e.Message} Push the directory first, or say --overwrite.");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            Screen.Note("Stopped: part of the files are written, each complete. The same pull with --overwrite goes on.");
            return EndSignals.ExitCode;
        }
    }
}

/// <summary>What a pull did, as <c>--json</c> prints it.</summary>
internal sealed record PullReport
{
    public required string Volume { get; init; }

    public required string Snapshot { get; init; }

    public required long Files { get; init; }

    public required long Bytes { get; init; }

    public required long WrittenFiles { get; init; }

    public required long WrittenBytes { get; init; }

    /// <summary>Files, links and directories that are not in the snapshot and were removed.</summary>
    public required long Removed { get; init; }

    public static PullReport Of(VolumeName volume, ApiSnapshot snapshot, CheckoutResult result) => new()
    {
        Volume = $"{volume.Project}/{volume.Name}",
        Snapshot = snapshot.Id,
        Files = snapshot.Files,
        Bytes = snapshot.Bytes,
        WrittenFiles = result.FilesWritten,
        WrittenBytes = result.BytesWritten,
        Removed = result.Removed,
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PullReport))]
internal sealed partial class PullJson : JsonSerializerContext;
