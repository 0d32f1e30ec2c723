using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume merge</c>.</summary>
internal static class VolumeMergeCommand
{
    private const int MostTries = 5;

    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.Volume();
        var from = new Argument<string>("FROM") { Description = "What comes: a branch, a tag or the first digits of a snapshot's id." };
        var into = new Option<string>("--into") { Description = "The branch that goes on with both.", HelpName = "BRANCH", DefaultValueFactory = static _ => "main" };
        var message = new Option<string?>("--message", "-m") { Description = "What is said of it.", HelpName = "TEXT" };
        var dry = new Option<bool>("--dry-run") { Description = "Say what it would come to, and make nothing." };
        var resolve = new Option<string[]>("--resolve")
        {
            Description = "What becomes of a path that both changed: 'ours' as on the branch, 'theirs' as it comes, 'both' beside each other. Without PATH: of all others. May be repeated.",
            HelpName = "[PATH=]ours|theirs|both", Arity = ArgumentArity.OneOrMore,
        };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("merge", "Bring what a branch or a snapshot has into another branch, on the hub. Files that both changed are merged by lines, notebooks by cells.")
        {
            volume, from, into, message, dry, resolve, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var said = (parsed.GetValue(resolve) ?? []).Select(Read).ToList();
            return RunAsync(
                access.Read(parsed),
                VolumeCommand.Parse(parsed.GetValue(volume)!),
                new MergeRequest
                {
                    From = parsed.GetValue(from)!.TrimStart('@'), Into = parsed.GetValue(into), Message = parsed.GetValue(message), IsDry = parsed.GetValue(dry),
                    Resolve = said.Where(static s => s.Path is not null).DistinctBy(static s => s.Path).ToDictionary(static s => s.Path!, static s => s.Side),
                    ResolveRest = said.FirstOrDefault(static s => s.Path is null).Side,
                },
                parsed.GetValue(json),
                cancellationToken);
        });
        return command;
    }

    private static (string? Path, string Side) Read(string text)
    {
        var at = text.LastIndexOf('=');
        var side = text[(at + 1)..];
        return side is "ours" or "theirs" or "both" && at != 0
            ? (at < 0 ? null : text[..at].Trim('/'), side)
            : throw new CommandException(ExitCode.Usage, $"'{RequestLine.Safe(text)}' decides nothing; write PATH=ours, PATH=theirs or PATH=both.");
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, MergeRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var outcome = await MergeAsync(api, name, request, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(outcome, VolumesJson.Default.MergeOutcome));
        else
            Report(name, request, outcome);
        return outcome.Outcome == MergeOutcome.Conflicting ? ExitCode.Failed : ExitCode.Ok;
    }

    // Others may push while it merges: it is asked again for what is there then.
    private static async Task<MergeOutcome> MergeAsync(HubApi api, VolumeName name, MergeRequest request, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await api.MergeAsync(name, request, cancellationToken);
            }
            catch (HubApiException e) when (e.Code == "moved" && tries < MostTries)
            {
                // Asked again.
            }
        }
    }

    private static void Report(VolumeName name, MergeRequest request, MergeOutcome outcome)
    {
        var (from, branch, would) = (RequestLine.Safe(request.From), outcome.Branch, request.IsDry ? "would be " : "");
        var id = outcome.Snapshot is { } snapshot ? VolumeCommand.Short(snapshot.Id) : "";
        var files = outcome.MergedFiles == 1 ? "1 file was" : $"{Words.Count(outcome.MergedFiles)} files were";
        switch (outcome.Outcome)
        {
            case MergeOutcome.Nothing:
                Screen.Line($"{branch} has all of {from} already: nothing to merge");
                break;
            case MergeOutcome.FastForward:
                Screen.Line($"{id} on {branch}: {would}just what {from} is, because {branch} had nothing of its own");
                break;
            case MergeOutcome.Merged:
                Screen.Line(request.IsDry ? $"{from} can be merged into {branch}; {files} merged by content" : $"{id} on {branch}: merged {from}; {files} merged by content");
                break;
            default:
                CloneLine.Show(outcome.Conflicts.Select(static c => (c.Path, c.Kind, (string?)null)), outcome.ConflictCount);
                Screen.Note(
                    $"Nothing was merged: {branch} and {from} both changed {(outcome.ConflictCount == 1 ? "this path" : "these paths")}. Say --resolve PATH=ours|theirs|both, where ours is {branch}'s; "
                    + $"or mend it in a clone: 'adit clone {name}{(branch == "main" ? "" : "@" + branch)}', in there 'adit pull --from {from}', then 'adit push'.");
                break;
        }
    }
}
