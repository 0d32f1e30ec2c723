using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template rm</c>.</summary>
internal static class TemplateRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var slugs = new Argument<string[]>("SLUG") { Description = "The templates.", Arity = ArgumentArity.OneOrMore };
        var draft = new Option<bool>("--draft") { Description = "Remove only the draft." };
        var command = new Command("rm", "Remove templates with all their versions; tasks that run are left alone. For admins.") { slugs, draft };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(slugs)!, parsed.GetValue(draft), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] slugs, bool draft, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var slug in slugs)
        {
            await api.RemoveTemplateAsync(slug, draft, cancellationToken);
            Screen.Note(draft ? $"Removed the draft of {slug}." : $"Removed {slug}.");
        }

        return ExitCode.Ok;
    }
}
