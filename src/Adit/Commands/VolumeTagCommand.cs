using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume tag</c>.</summary>
internal static class VolumeTagCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.VolumeAt();
        var tag = new Argument<string>("TAG") { Description = "1 to 63 letters, digits, hyphens, dots and underscores." };
        var remove = new Option<bool>("--remove") { Description = "Take the tag away; the snapshot stays." };
        var command = new Command("tag", "Give a snapshot a name that stays where it is.") { volume, tag, remove };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(remove)
            ? RemoveAsync(access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(tag)!, cancellationToken)
            : SetAsync(access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true), parsed.GetValue(tag)!, cancellationToken));
        return command;
    }

    private static async Task<int> SetAsync(HubAccess hub, VolumeName name, string tag, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var snapshot = await api.SetTagAsync(name, tag, name.Snapshot ?? "latest", cancellationToken);
        Screen.Note($"{name.Project}/{name.Name}@{tag} is {VolumeCommand.Short(snapshot.Id)}.");
        return ExitCode.Ok;
    }

    private static async Task<int> RemoveAsync(HubAccess hub, VolumeName name, string tag, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RemoveTagAsync(name, tag, cancellationToken);
        Screen.Note($"The tag {tag} of {name} is removed; the snapshot stays.");
        return ExitCode.Ok;
    }
}
