using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit idle</c>: why a task is kept or not.</summary>
internal static class IdleCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var json = new Option<bool>("--json") { Description = "Print the explanation as JSON." };
        var command = new Command("idle", "Explain whether a task counts as used, by what, and what becomes of it when it does not.") { task, json };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            var report = await api.ExplainIdleAsync(parsed.GetValue(task)!, cancellationToken);
            Screen.Line(parsed.GetValue(json) ? JsonSerializer.Serialize(report, TasksJson.Default.TaskIdleReport) : Text(report, parsed.GetValue(task)!, TimeProvider.System.GetUtcNow()));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The explanation for people.</summary>
    /// <param name="report">What the hub says.</param>
    /// <param name="task">What its reader calls the task.</param>
    /// <param name="now">Now.</param>
    internal static string Text(TaskIdleReport report, string task, DateTimeOffset now)
    {
        var lines = new List<string> { $"{(report.State == "off" ? "off" : $"{report.State}, {report.Decision}")}: {RequestLine.Safe(report.Reason)}." };
        if (report is { IsOfAge: true, StopsAt: { } end })
            lines.Add($"Used or not: stop {In(end, now)}.{(report is { Next: "freeze", At: { } halt } ? $" Without use: freeze {In(halt, now)}." : "")}");
        else if (report.Next is { } next && report.At is { } at)
            lines.Add($"Without use: {next} {In(at, now)}{(report.StopsAt is { } stop && stop != at ? $", stop {In(stop, now)}" : "")}.");
        if (report.Warned is not null)
            lines.Add(report.IsOfAge ? "Its owner was warned. Nothing puts that off: save what is in it, and start it again." : $"Its owner was warned. 'adit extend {task} 4h' keeps it.");
        if (report.Lease is { } lease)
            lines.Add($"A lease keeps it for {TaskWords.Age(lease.Until - now)}{(lease.Reason is { Length: > 0 } why ? ": " + RequestLine.Safe(why) : "")}.");
        if (report.Extension is { } extension)
        {
            var cut = report is { IsOfAge: true, StopsAt: { } last } && last < extension.Until ? last : (DateTimeOffset?)null;
            lines.Add($"It is kept for {TaskWords.Age((cut ?? extension.Until) - now)}, {RequestLine.Safe(extension.Reason ?? "as somebody asked")}.{(cut is null ? "" : " Then its template stops it.")}");
        }

        var signals = new Table("", "SIGNAL", "LAST", "COUNTS", "WHAT IT IS");
        foreach (var signal in report.Signals)
            signals.Add(signal.Decides ? "->" : "", signal.Class, signal.Last is { } last ? TaskWords.Age(now - last) : "-", signal.Counts ? "yes" : "no", RequestLine.Safe(signal.Detail));
        lines.Add("");
        lines.Add(signals.ToString());
        if (report.Ignored.Count > 0)
            lines.Add($"\nNot counted: {string.Join(", ", report.Ignored.Select(static i => string.Create(CultureInfo.InvariantCulture, $"{i.Count} {i.Kind}")))}.");
        if (report.History.Count > 0)
        {
            var history = new Table("AGO", "DECISION", "WHY");
            foreach (var moment in report.History)
                history.Add(TaskWords.Age(now - moment.At), moment.Decision, RequestLine.Safe(moment.Reason));
            lines.Add("");
            lines.Add(history.ToString());
        }

        return string.Join('\n', lines);
    }

    private static string In(DateTimeOffset at, DateTimeOffset now) => at <= now ? "now" : $"in {TaskWords.Age(at - now)}";
}
