using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project rm</c>.</summary>
internal static class ProjectRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The project." };
        var command = new Command("rm", "Delete a project. It can be restored for some days; then it goes with everything in it.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.DeleteProjectAsync(name, cancellationToken);
        Screen.Note($"Deleted {name}. 'adit project restore {name}' brings it back; 'adit project ls --deleted' says until when.");
        return ExitCode.Ok;
    }
}
