using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit audit</c>: who did what, newest first.</summary>
internal static class AuditCommand
{
    private const int DefaultMost = 100;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var since = Filter("--since", "TIME", "Not before this: a span back from now (90m, 7d) or a time (2026-11-22T09:00:00Z).");
        var until = Filter("--until", "TIME", "Before this.");
        var actor = Filter("--actor", "ACCOUNT", "Done by this account.");
        var action = Filter("--action", "ACTION", "This action, or all that begin so: token.create, project.*.");
        var target = Filter("--target", "KIND:NAME", "Done to this: tunnel:demo, account:anna.");
        var outcome = Filter("--outcome", "allowed|denied|failed", "How it ended.");
        outcome.AcceptOnlyFromAmong("allowed", "denied", "failed");
        var most = new Option<int>("--limit") { Description = "How many at most.", HelpName = "N", DefaultValueFactory = static _ => DefaultMost };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of entries." };
        var command = new Command("audit", "Show the audit log: who did what to what, from where. For admins and auditors.") { since, until, actor, action, target, outcome, most, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            Option<string?>[] filters = [since, until, actor, action, target, outcome];
            var query = string.Join('&', filters.Select(f => (Name: f.Name[2..], Value: parsed.GetValue(f))).Where(static f => f.Value is not null).Select(static f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}"));
            return RunAsync(access.Read(parsed), query, Math.Max(1, parsed.GetValue(most)), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string query, int most, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var entries = await api.ListAuditAsync(query, most, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", entries.Select(static e => JsonSerializer.Serialize(e, AuditRecordsJson.Default.AuditRecord)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("TIME", "WHO", "ACTION", "TARGET", "OUTCOME", "FROM", "DETAIL");
        foreach (var e in entries)
        {
            table.Add(
                Words.Date(e.At), e.Actor ?? "-", e.Action, RequestLine.Safe(e.Target ?? "-"), e.Outcome, e.Address ?? "-",
                RequestLine.Safe(string.Join(' ', (e.Detail ?? new Dictionary<string, string>()).Select(static d => $"{d.Key}={d.Value}"))));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }

    private static Option<string?> Filter(string name, string value, string help) => new(name) { Description = help, HelpName = value };
}
