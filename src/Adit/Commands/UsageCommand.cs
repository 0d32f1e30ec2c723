using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit usage</c>: who had how much for how long, and what it cost.</summary>
internal static class UsageCommand
{
    private const int MostShown = 1000;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var from = Text("--from", "TIME", "From when on: a span back from now (7d), a date (2026-11-01) or a time. Default: the beginning of the month (UTC).");
        var to = Text("--to", "TIME", "Until when. Default: now.");
        var by = new Option<string>("--by") { Description = "What is counted together; by task each start is a line.", HelpName = "user|project|template|runner|task", DefaultValueFactory = static _ => "user" };
        by.AcceptOnlyFromAmong("user", "project", "template", "runner", "task");
        var user = Text("--user", "NAME", "Only this account's.");
        var project = Text("--project", "NAME", "Only in this project.");
        var csv = new Option<bool>("--csv") { Description = "Print CSV, for spreadsheets." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("usage", "Show what tasks used and cost: your own, your projects' where you are their maintainer, everybody's for admins and auditors.")
        {
            from, to, by, user, project, csv, json,
        };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            Option<string?>[] texts = [from, to, user, project];
            var query = string.Concat(texts.Select(t => (Name: t.Name[2..], Value: parsed.GetValue(t))).Where(static t => t.Value is not null)
                .Select(static t => $"&{t.Name}={Uri.EscapeDataString(t.Value!)}"));
            return RunAsync(access.Read(parsed), parsed.GetValue(by)!, query, parsed.GetValue(csv), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    /// <summary>Money as people read it: at least two places, and as many as a small amount needs.</summary>
    public static string Money(decimal amount, string? currency) =>
        string.Create(CultureInfo.InvariantCulture, $"{(amount is > 0 and < 0.1m ? amount.ToString("0.00##", CultureInfo.InvariantCulture) : amount.ToString("0.00", CultureInfo.InvariantCulture))}{(currency is null ? "" : " " + currency)}");

    private static async Task<int> RunAsync(HubAccess hub, string by, string query, bool csv, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        query = $"by={by}{query}";
        if (csv)
        {
            await using var output = Console.OpenStandardOutput();
            await api.CopyUsageTableAsync(query, output, cancellationToken);
        }
        else if (by == "task")
        {
            await ShowAttemptsAsync(api, query, json, cancellationToken);
        }
        else
        {
            var report = await api.GetUsageAsync(query, cancellationToken);
            if (json)
                Screen.Line(JsonSerializer.Serialize(report, UsageJson.Default.UsageReport));
            else
                Show(report);
        }

        return ExitCode.Ok;
    }

    private static void Show(UsageReport report)
    {
        var when = $"from {Words.Date(report.From)} to {Words.Date(report.To)}";
        if (report.Lines is not { Count: > 0 } lines || report.Total is not { } total)
        {
            Screen.Note($"Nothing was used {when} that you may see.");
            return;
        }

        var table = new Table(report.By.ToUpperInvariant(), "STARTS", "HOURS", "CORE HOURS", "GIB HOURS", "GPU HOURS", "COST");
        foreach (var line in lines)
            table.Add(Row(RequestLine.Safe(line.Key ?? "-"), line));
        if (lines.Count > 1)
            table.Add(Row("all", total));
        Screen.Line(table.ToString());
        Screen.Note($"Used {when}.");
    }

    private static async Task ShowAttemptsAsync(HubApi api, string query, bool json, CancellationToken cancellationToken)
    {
        var attempts = await api.ListAttemptsAsync(query, MostShown, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(attempts, UsageJson.Default.IReadOnlyListUsageAttempt));
            return;
        }

        var table = new Table("TASK", "USER", "PROJECT", "TEMPLATE", "RUNNER", "STARTED", "ENDED", "HOURS", "CORES", "MEMORY", "GPUS", "COST");
        foreach (var a in attempts)
        {
            table.Add(
                a.Name, RequestLine.Safe(a.User), RequestLine.Safe(a.Project ?? "-"), a.Template, a.Runner, Words.Date(a.Started),
                a.Ended is { } ended ? Words.Date(ended) : a.Lost is null ? "runs" : "lost", Hours(a.Hours), Hours(a.Cpu), ByteWords.Of(a.MemoryBytes), Words.Count(a.Gpus),
                a.Cost is { } cost ? Money(cost, a.Currency) : "-");
        }

        Screen.Line(table.ToString());
        if (attempts.Count == MostShown)
            Screen.Note($"These are the newest {MostShown}; --csv prints all.");
    }

    private static string[] Row(string key, UsageLine line) =>
    [
        key, Words.Count(line.Attempts), Hours(line.Hours), Hours(line.CpuHours), Hours(line.MemoryGiBHours), Hours(line.GpuHours),
        line.Costs.Count == 0 ? "-" : string.Join(" + ", line.Costs.Select(static c => Money(c.Amount, RequestLine.Safe(c.Currency ?? "") is { Length: > 0 } word ? word : null))),
    ];

    private static string Hours(double hours) => hours.ToString("0.##", CultureInfo.InvariantCulture);

    private static Option<string?> Text(string flag, string value, string help) => new(flag) { Description = help, HelpName = value };
}
