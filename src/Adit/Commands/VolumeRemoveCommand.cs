using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume rm</c>.</summary>
internal static class VolumeRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var command = new Command("rm", "Remove a volume with all its snapshots. There is no way back.") { volume, yes };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!), parsed.GetValue(yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, bool yes, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        if (!yes)
        {
            var volume = await api.GetVolumeAsync(name, cancellationToken);
            var has = volume.Latest is { } latest ? $"{VolumeCommand.Files(latest.Files)}, {Words.Bytes(latest.Bytes)} in its newest snapshot" : "no snapshot on its branch main";
            if (Console.IsInputRedirected)
                throw new CommandException(ExitCode.Usage, $"{name} has {has}. Nobody is here to be asked: say --yes to remove it with all its snapshots.");
            if (Screen.Ask($"Remove {name} with all its snapshots ({has})? There is no way back. Its name: ") != name.ToString())
                throw new CommandException(ExitCode.Failed, $"Nothing was removed: that is not '{name}'.");
        }

        await api.RemoveVolumeAsync(name, cancellationToken);
        Screen.Note($"Removed {name}. The room that it took is free after the next 'adit store gc'.");
        return ExitCode.Ok;
    }
}
