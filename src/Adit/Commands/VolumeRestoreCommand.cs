using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume restore</c>.</summary>
internal static class VolumeRestoreCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = new Argument<string>("VOLUME@SNAPSHOT") { Description = "From here: PROJECT/VOLUME, @, and a branch, a tag or the first digits of an id." };
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories that are as they were; what was not there then goes. Default: all.", Arity = ArgumentArity.ZeroOrMore };
        var branch = new Option<string>("--branch") { Description = "The branch that goes on with them.", HelpName = "NAME", DefaultValueFactory = static _ => "main" };
        var message = new Option<string?>("--message", "-m") { Description = "What is said of it.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("restore", "Take files of an earlier snapshot back, as a new snapshot. Nothing is lost: the log has what was there.") { volume, paths, branch, message, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true),
            parsed.GetValue(paths) ?? [],
            parsed.GetValue(branch)!,
            parsed.GetValue(message),
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, string[] paths, string branch, string? message, bool json, CancellationToken cancellationToken)
    {
        if (name.Snapshot is null)
            throw new CommandException(ExitCode.Usage, $"From where? Write {name}@SNAPSHOT; 'adit volume log {name}' lists them.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var made = await api.RestoreAsync(name, new RestoreRequest { From = name.Snapshot, Paths = paths.Length == 0 ? null : paths, Branch = branch, Message = message }, cancellationToken);
        var id = VolumeCommand.Short(made.Snapshot.Id);
        if (json)
            Screen.Line(JsonSerializer.Serialize(made, VolumesJson.Default.CreatedSnapshot));
        else
            Screen.Line(made.IsNew ? $"{id} on {made.Branch}: {made.Snapshot.Message}" : $"{id} on {made.Branch}: it is so already");
        return ExitCode.Ok;
    }
}
