using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit secret rm</c>.</summary>
internal static class SecretRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = SecretCommand.Name();
        var project = SecretCommand.Project();
        var command = new Command("rm", "Remove a secret. Tasks that run keep it; those that need it are not started any more.") { name, project };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(project), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, string? project, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RemoveSecretAsync(name, project, cancellationToken);
        Screen.Note($"The {SecretCommand.Words(name, project)} is removed.");
        return ExitCode.Ok;
    }
}
