using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit extend</c>: keeps a task that nobody uses.</summary>
internal static class ExtendCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var time = new Argument<string>("DURATION") { Description = "For how long from now: 30m, 4h, a day at most. 0s takes it back." };
        var command = new Command("extend", "Keep a task for a while, used or not.") { task, time };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            var text = parsed.GetValue(time)!;
            var report = await api.ExtendTaskAsync(parsed.GetValue(task)!, text is "0" or "0s" ? TimeSpan.Zero : Duration.Parse(text), cancellationToken);
            Screen.Note(Text(report, parsed.GetValue(task)!));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>What became of it, for people: a task that its template ends in any case is not said to be kept beyond that.</summary>
    /// <param name="report">What the hub says.</param>
    /// <param name="task">What its reader calls the task.</param>
    internal static string Text(TaskIdleReport report, string task) => report switch
    {
        { State: "off", Terms: { FreezeAfterSeconds: null, StopAfterSeconds: null, MaxAgeSeconds: null }, Extension: { } kept } => $"{task} is kept until {kept.Until:u}. Nothing ends it afterwards either: its template never stops it.",
        { IsOfAge: true, StopsAt: { } end, Extension: { } kept } when end <= kept.Until => $"{task} is kept until {end:u}: then its template stops it, used or not.",
        { Extension: { } kept, StopsAt: { } end } when end > kept.Until => $"{task} is kept until {kept.Until:u}, and stopped at {end:u}{End(report)}.",
        { Extension: { } kept } => $"{task} is kept until {kept.Until:u}.",
        { StopsAt: { } end } => $"{task} is not kept any longer: it is stopped at {end:u}{End(report)}.",
        _ => $"{task} is not kept any longer: its template does not stop it.",
    };

    private static string End(TaskIdleReport report) => report.IsOfAge ? ", used or not" : " if nobody uses it";
}
