using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit s3 key rm</c>.</summary>
internal static class S3KeyRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var ids = new Argument<string[]>("KEY") { Description = "The access keys, from 'adit s3 key ls'.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Remove keys: whatever signs with them is refused at once.") { ids };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(ids)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] ids, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var id in ids)
        {
            await api.RemoveS3KeyAsync(id, cancellationToken);
            Screen.Note($"Removed {id}.");
        }

        return ExitCode.Ok;
    }
}
