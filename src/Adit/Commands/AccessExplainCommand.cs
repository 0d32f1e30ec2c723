using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access explain</c>: asks the hub's own judge, and has it say how it came to its answer.</summary>
internal static class AccessExplainCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var to = new Option<string>("--to") { Description = "The tunnel's name, or a host name.", HelpName = "HOST", Required = true };
        var who = new Option<string?>("--who") { Description = "An account. Default: somebody who is not signed in.", HelpName = "NAME" };
        var method = new Option<string?>("--method") { Description = "The request's method. Default: GET.", HelpName = "METHOD" };
        var path = new Option<string?>("--path") { Description = "The request's path. Default: /.", HelpName = "PATH" };
        var from = new Option<string?>("--from") { Description = "The visitor's address, where rules name networks.", HelpName = "ADDRESS" };
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("explain", "Say whether somebody may open a tunnel, and which rule decides.") { to, who, method, path, from, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetRequiredValue(to), parsed.GetValue(who),
            new Dictionary<string, string?> { ["method"] = parsed.GetValue(method), ["path"] = parsed.GetValue(path), ["address"] = parsed.GetValue(from) },
            parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        HubAccess hub, string to, string? who, Dictionary<string, string?> conditions, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var answer = await api.ExplainAccessAsync(to, who, conditions, cancellationToken);
        Screen.Line(json ? JsonSerializer.Serialize(answer, AccessJson.Default.AccessExplanation) : Describe(answer));
        return ExitCode.Ok;
    }

    private static string Describe(AccessExplanation answer)
    {
        var lines = answer.Steps.Select((step, i) => $"  {(step.Decides ? "->" : "  ")} {i + 1}. {RequestLine.Safe(step.Rule)}: {step.Why}");
        return string.Join('\n', lines.Prepend(RequestLine.Safe(answer.Reason)));
    }
}
