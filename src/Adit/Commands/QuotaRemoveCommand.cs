using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit quota rm</c>.</summary>
internal static class QuotaRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var whose = QuotaCommand.Whose();
        var command = new Command("rm", "Remove a quota; the default holds from then on, where there is one. For admins.") { whose };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), QuotaCommand.Read(parsed.GetValue(whose)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, (string Kind, string Name) whose, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RemoveQuotaAsync(whose.Kind, whose.Name, cancellationToken);
        Screen.Note($"{whose.Kind}:{whose.Name} has no quota of its own any more.");
        return ExitCode.Ok;
    }
}
