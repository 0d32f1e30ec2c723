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
            Screen.Note(report.Extension is { } kept
                ? $"{parsed.GetValue(task)} is kept until {kept.Until:u}{(report.StopsAt > kept.Until ? $", and stopped at {report.StopsAt:u} if nobody uses it" : "")}."
                : $"{parsed.GetValue(task)} is not kept any longer: {(report.StopsAt is { } stops ? $"it is stopped at {stops:u} if nobody uses it" : "its template does not stop it")}.");
            return ExitCode.Ok;
        });
        return command;
    }
}
