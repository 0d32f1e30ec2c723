using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project service disable</c>, <c>enable</c> and <c>rm</c>: one change for several accounts.</summary>
internal static class ProjectServiceChangeCommand
{
    public static Command Create(
        HubAccessOptions access, string verb, string description, string done, Func<HubApi, string, string, CancellationToken, Task> change)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var names = new Argument<string[]>("NAME") { Description = "The accounts.", Arity = ArgumentArity.OneOrMore };
        var command = new Command(verb, description) { project, names };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            foreach (var name in parsed.GetValue(names)!)
            {
                await change(api, parsed.GetValue(project)!, name, cancellationToken);
                Screen.Note($"{done} {name}.");
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
