using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Content.Files;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit push</c>: makes a snapshot of a directory.</summary>
internal static class PushCommand
{
    private const int WarningsShown = 20;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var directory = new Argument<string>("DIR") { Description = "The directory. A '.adit' in it is left out, and so is what '.aditignore' files name." };
        var volume = VolumeCommand.Volume();
        var message = new Option<string?>("--message", "-m") { Description = "What is said of it.", HelpName = "TEXT" };
        var branch = new Option<string>("--branch") { Description = "The branch that goes on with it; made when there is none.", HelpName = "NAME", DefaultValueFactory = static _ => "main" };
        var replace = new Option<bool>("--replace") { Description = "The branch becomes what the directory is, whatever others pushed since it was pulled. Their snapshots stay." };
        var forceRead = new Option<bool>("--force-read") { Description = "Read every file, also those that look unchanged by size and times." };
        var skipUnreadable = new Option<bool>("--skip-unreadable") { Description = "Leave out what cannot be read, and say so. Otherwise nothing is made." };
        var ignore = new Option<string[]>("--ignore") { Description = "Leave out what fits, as a line of '.aditignore' does. May be repeated.", HelpName = "PATTERN", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("push", "Bring a directory to a volume as a new snapshot. Only what the hub does not have is sent.")
        {
            directory, volume, message, branch, replace, forceRead, skipUnreadable, ignore, json,
        };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            parsed.GetValue(directory)!,
            VolumeCommand.Parse(parsed.GetValue(volume)!),
            new PushOptions
            {
                Branch = parsed.GetValue(branch)!,
                Message = parsed.GetValue(message),
                Replace = parsed.GetValue(replace),
                ReadAll = parsed.GetValue(forceRead),
                Scan = new ScanOptions { SkipUnreadable = parsed.GetValue(skipUnreadable), Ignore = parsed.GetValue(ignore) ?? [] },
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string directory, VolumeName name, PushOptions options, bool json, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
            throw new CommandException(ExitCode.NotFoundOrTaken, $"There is no directory '{RequestLine.Safe(directory)}'.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = new VolumeTransfer(api, hub.Url, Path.Combine(ClientFiles.Directory, "index"), TimeProvider.System);
        PushResult result;
        try
        {
            using var view = TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System);
            result = await transfer.PushAsync(directory, name, options, cancellationToken);
        }
        catch (UnreadableException e)
        {
            foreach (var problem in e.Problems.Skip(1).Take(WarningsShown))
                Screen.Note(RequestLine.Safe(problem));
            throw new CommandException(ExitCode.Failed, $"{e.Message} Mend that, leave it out by '.aditignore', or say --skip-unreadable.");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            Screen.Note("Stopped: nothing was made. What was sent is on the hub, and the next push goes on from there.");
            return EndSignals.ExitCode;
        }

        foreach (var warning in result.Scan.Warnings.Take(WarningsShown))
            Screen.Note(RequestLine.Safe(warning));
        if (result.Scan.WarningCount > WarningsShown)
            Screen.Note($"… and {Words.Count(result.Scan.WarningCount - WarningsShown)} more.");
        Report(name, options, result, json);
        return ExitCode.Ok;
    }

    private static void Report(VolumeName name, PushOptions options, PushResult result, bool json)
    {
        var (created, snapshot) = (result.Created, result.Created.Snapshot);
        var id = VolumeCommand.Short(snapshot.Id);
        if (json)
            Screen.Line(JsonSerializer.Serialize(PushReport.Of(name, result), PushJson.Default.PushReport));
        else if (created.IsNew)
            Screen.Line(
                $"{id} on {created.Branch}: {VolumeCommand.Files(snapshot.Files)}, {Words.Bytes(snapshot.Bytes)}; read {VolumeCommand.Files(result.Scan.FilesRead)} ({Words.Bytes(result.Scan.BytesRead)}), "
                + $"sent {Words.Bytes(result.SentBytes)}");
        else if (!result.IsBehind)
            Screen.Line($"{id} on {created.Branch}: nothing has changed");

        if (result.IsBehind)
        {
            Screen.Note(
                $"Nothing has changed here since {id}, and {options.Branch} has gone on: 'adit pull {name} DIR' brings what is new. "
                + $"To make {options.Branch} what the directory is, say --replace.");
        }
        else if (created.IsDiverged)
        {
            Screen.Note(
                $"{options.Branch} has gone on since this directory was pulled, so the snapshot has a branch of its own: {created.Branch}. 'adit diff {name}@{options.Branch} @{created.Branch}' "
                + $"shows what differs. To go on: pull {name}@{options.Branch} into another directory, bring your changes over and push that; or push again with --replace.");
        }
    }
}

/// <summary>What a push did, as <c>--json</c> prints it.</summary>
internal sealed record PushReport
{
    public required string Volume { get; init; }

    public required string Snapshot { get; init; }

    public required string Root { get; init; }

    public required string Branch { get; init; }

    public required bool IsNew { get; init; }

    public required bool IsDiverged { get; init; }

    /// <summary>Nothing was changed here, and the branch has gone on.</summary>
    public required bool IsBehind { get; init; }

    public required long Files { get; init; }

    public required long Bytes { get; init; }

    public required long ReadFiles { get; init; }

    public required long ReadBytes { get; init; }

    /// <summary>Bytes of chunks that the hub did not have, before they were compressed.</summary>
    public required long NewBytes { get; init; }

    public required long UploadedBytes { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required long WarningCount { get; init; }

    public static PushReport Of(VolumeName volume, PushResult result) => new()
    {
        Volume = volume.ToString(),
        Snapshot = result.Created.Snapshot.Id,
        Root = result.Created.Snapshot.Root,
        Branch = result.Created.Branch,
        IsNew = result.Created.IsNew,
        IsDiverged = result.Created.IsDiverged,
        IsBehind = result.IsBehind,
        Files = result.Created.Snapshot.Files,
        Bytes = result.Created.Snapshot.Bytes,
        ReadFiles = result.Scan.FilesRead,
        ReadBytes = result.Scan.BytesRead,
        NewBytes = result.Scan.NewBytes,
        UploadedBytes = result.SentBytes,
        Warnings = result.Scan.Warnings,
        WarningCount = result.Scan.WarningCount,
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PushReport))]
internal sealed partial class PushJson : JsonSerializerContext;
