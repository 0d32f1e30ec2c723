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
        var directory = new Argument<string?>("DIR")
        {
            Description = "The directory. A '.adit' in it is left out, and so is what '.aditignore' files name. Default: the clone that this is in.", DefaultValueFactory = static _ => null,
        };
        var volume = new Argument<string?>("VOLUME") { Description = "PROJECT/VOLUME, such as churn/data. Default: what the directory is a clone of.", DefaultValueFactory = static _ => null };
        var message = new Option<string?>("--message", "-m") { Description = "What is said of it.", HelpName = "TEXT" };
        var branch = new Option<string?>("--branch") { Description = "The branch that goes on with it; made when there is none. Default: the clone's, else main.", HelpName = "NAME" };
        var replace = new Option<bool>("--replace") { Description = "The branch becomes what the directory is, whatever others pushed since it was pulled. Their snapshots stay." };
        var resolve = new Option<bool>("--resolve") { Description = "In a clone: what the last pull could not merge is as it shall be." };
        var forceRead = new Option<bool>("--force-read") { Description = "Read every file, also those that look unchanged by size and times." };
        var skipUnreadable = new Option<bool>("--skip-unreadable") { Description = "Leave out what cannot be read, and say so. Otherwise nothing is made." };
        var ignore = new Option<string[]>("--ignore") { Description = "Leave out what fits, as a line of '.aditignore' does. May be repeated.", HelpName = "PATTERN", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("push", "Bring a directory to a volume as a new snapshot. Only what the hub does not have is sent.")
        {
            directory, volume, message, branch, replace, resolve, forceRead, skipUnreadable, ignore, json,
        };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            parsed.GetValue(directory),
            parsed.GetValue(volume),
            parsed.GetValue(branch),
            new PushOptions
            {
                Resolved = parsed.GetValue(resolve),
                Message = parsed.GetValue(message),
                Replace = parsed.GetValue(replace),
                ReadAll = parsed.GetValue(forceRead),
                Scan = new ScanOptions { SkipUnreadable = parsed.GetValue(skipUnreadable), Ignore = parsed.GetValue(ignore) ?? [] },
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        HubAccess hub, string? said, string? volume, string? branch, PushOptions options, bool json, CancellationToken cancellationToken)
    {
        var (directory, name, clone) = CloneLine.Of(said, volume, "push", hub.Url);
        options = options with { Branch = branch ?? clone?.Branch ?? "main" };
        if (!Directory.Exists(directory))
            throw new CommandException(ExitCode.NotFoundOrTaken, $"There is no directory '{RequestLine.Safe(directory)}'.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = CloneLine.Transfer(api, hub);
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
        Report(name, options, result, clone is not null, json);
        return ExitCode.Ok;
    }

    private static void Report(VolumeName name, PushOptions options, PushResult result, bool isClone, bool json)
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
                $"Nothing has changed here since {id}, and {options.Branch} has gone on: 'adit pull{(isClone ? "" : $" {name} DIR")}' brings what is new. "
                + $"To make {options.Branch} what the directory is, say --replace.");
        }
        else if (created.IsDiverged)
        {
            Screen.Note(
                $"{options.Branch} has gone on since this directory was pulled, so the snapshot has a branch of its own: {created.Branch}. "
                + $"'adit volume merge {name} {created.Branch}{(options.Branch == "main" ? "" : $" --into {options.Branch}")}' merges it into {options.Branch}"
                + (isClone ? $"; 'adit pull' merges {options.Branch} into this directory instead." : "; 'adit diff "+ $"{name}@{options.Branch} @{created.Branch}' shows what differs, and a push with --replace undoes the others'."));
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
