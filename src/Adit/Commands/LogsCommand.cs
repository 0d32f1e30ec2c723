using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit logs</c>.</summary>
internal static class LogsCommand
{
    private const int DefaultTail = 1000;
    private const int MostTail = 5000; // As the API has it.

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with lines as they come, until it ends." };
        var tail = new Option<int>("--tail", "-n") { Description = "How many of the last lines: 5000 at most.", HelpName = "LINES", DefaultValueFactory = static _ => DefaultTail };
        var search = new Option<string?>("--search") { Description = "Only lines that contain this, in whatever case.", HelpName = "TEXT" };
        var times = new Option<bool>("--times", "-t") { Description = "With the time of each line." };
        var raw = new Option<bool>("--raw") { Description = "As it was written, with all that a terminal obeys. Otherwise a terminal is shown text and colours alone; a pipe gets everything anyway." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command("logs", "Show what a task wrote: its standard output, and its standard error to standard error.") { task, follow, tail, search, times, raw, json };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            var name = parsed.GetValue(task)!;
            var count = parsed.GetValue(tail);
            if (count is < 0 or > MostTail)
                throw new CommandException(ExitCode.Usage, $"--tail takes 0 to {MostTail} lines, not {count}.");
            var isFollowed = parsed.GetValue(follow);
            if (isFollowed && parsed.GetValue(search) is not null)
                throw new CommandException(ExitCode.Usage, "--follow shows every line as it comes and --search looks through those that there are: leave one out, or give what is followed to 'grep'.");
            if (isFollowed)
            {
                await LogPrinter.FollowAsync(api, name, null, count, parsed.GetValue(json), false, cancellationToken, parsed.GetValue(times), parsed.GetValue(raw));
                return ExitCode.Ok;
            }

            var page = await api.GetLogAsync(name, null, Math.Max(1, count), parsed.GetValue(search), cancellationToken);
            LogPrinter.Print(count == 0 ? [] : page.Lines, parsed.GetValue(json), parsed.GetValue(times), toError: false, parsed.GetValue(raw));
            if (page.Lines.Count == 0)
                Screen.Note(page.End > 1 ? "No line of it is like that." : $"{name} has written nothing yet.");
            return ExitCode.Ok;
        });
        return command;
    }
}
