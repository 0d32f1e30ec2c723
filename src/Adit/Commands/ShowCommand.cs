using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What commands that show one thing by its name have in common: a table, or JSON.</summary>
/// <typeparam name="T">What the hub answers.</typeparam>
internal sealed record ShowCommand<T>
{
    public string Verb { get; init; } = "show";

    public required string Description { get; init; }

    /// <summary>What the name is that is asked for.</summary>
    public required Argument<string> Name { get; init; }

    /// <summary>What <c>--json</c> prints: "the project as JSON".</summary>
    public required string Prints { get; init; }

    public required Func<HubApi, string, CancellationToken, Task<T>> Get { get; init; }

    public required Func<T, string> Json { get; init; }

    /// <summary>As people read it: a table, or the sentence that says that there is nothing.</summary>
    public required Func<T, string> Text { get; init; }

    public Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = $"Print {Prints}." };
        var command = new Command(Verb, Description) { Name, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(Name)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(HubAccess hub, string name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var answer = await Get(api, name, cancellationToken);
        Screen.Line(json ? Json(answer) : Text(answer));
        return ExitCode.Ok;
    }
}
