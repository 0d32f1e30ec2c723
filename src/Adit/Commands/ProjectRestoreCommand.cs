using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project restore</c>.</summary>
internal static class ProjectRestoreCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The project." };
        var command = new Command("restore", "Restore a deleted project, with its members and everything in it.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RestoreProjectAsync(name, cancellationToken);
        Screen.Note($"Restored {name}.");
        return ExitCode.Ok;
    }
}
