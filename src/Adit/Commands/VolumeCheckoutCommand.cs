using System.CommandLine;
using Adit.Content.Files;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume checkout</c>: makes a clone another snapshot or branch.</summary>
internal static class VolumeCheckoutCommand
{
    private const int ConflictsShown = 20;

    public static Command Create(HubAccessOptions access)
    {
        var to = new Argument<string>("SNAPSHOT|BRANCH") { Description = "A branch, which pushes go to from then on, a tag or the first digits of a snapshot's id." };
        var directory = new Argument<string>("DIR") { Description = "A clone, or a directory in one. Default: here.", DefaultValueFactory = static _ => "." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that were changed here. Otherwise nothing is written when there are any." };
        var command = new Command("checkout", "Make a clone another snapshot, or another branch.") { to, directory, overwrite };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(to)!.TrimStart('@'), parsed.GetValue(directory)!, new CheckoutOptions { Overwrite = parsed.GetValue(overwrite) }, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string to, string directory, CheckoutOptions options, CancellationToken cancellationToken)
    {
        var (at, state) = CloneLine.At(directory, "'adit clone VOLUME' makes one.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = CloneLine.Transfer(api, hub);
        try
        {
            using var view = TransferView.Start(transfer.Progress, isQuiet: false, TimeProvider.System);
            var (now, snapshot, result) = await transfer.SwitchAsync(at, state, to, options, cancellationToken);
            view?.Dispose();
            Screen.Line($"branch {now.Branch}, at {VolumeCommand.Short(snapshot.Id)}: wrote {VolumeCommand.Files(result.FilesWritten)} ({Words.Bytes(result.BytesWritten)}), removed {Words.Count(result.Removed)}");
            return ExitCode.Ok;
        }
        catch (CheckoutConflictException e)
        {
            foreach (var path in e.Paths.Take(ConflictsShown))
                Screen.Note(RequestLine.Safe(path));
            throw new CommandException(ExitCode.Failed, $"{e.Message} 'adit push' keeps it, --overwrite does not.");
        }
    }
}
