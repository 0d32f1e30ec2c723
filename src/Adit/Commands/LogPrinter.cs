using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>Prints logs: standard output to standard output, standard error to standard error.</summary>
internal static class LogPrinter
{
    private const int MostRetries = 30;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Prints lines.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="json">As JSON, one object each.</param>
    /// <param name="times">With the time of each.</param>
    /// <param name="toError">All to standard error.</param>
    /// <param name="raw">As it was written, also where a terminal obeys it.</param>
    public static void Print(IReadOnlyList<LogLine> lines, bool json, bool times, bool toError, bool raw = false)
    {
        foreach (var line in lines)
        {
            if (json)
            {
                Screen.Line(JsonSerializer.Serialize(line, TasksJson.Default.LogLine));
                continue;
            }

            var text = (times ? line.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss.fff ", System.Globalization.CultureInfo.InvariantCulture) : "") + (line.Stream == "adit" ? "adit: " : "");
            var isError = toError || line.Stream != "out";
            text += raw || (isError ? Console.IsErrorRedirected : Console.IsOutputRedirected) ? line.Text : TerminalText.Safe(line.Text);
            var writer = isError ? Screen.Err : Screen.Out;
            if (line.IsPart)
                writer.Write(text);
            else
                writer.WriteLine(text);
        }
    }

    /// <summary>Prints a log as it grows, through cuts, until its task has ended.</summary>
    /// <returns>How it ended; null when the hub does not say.</returns>
    public static async Task<TaskEvent?> FollowAsync(
        HubApi api, string task, long? from, int tail, bool json, bool toError, CancellationToken cancellationToken, bool times = false, bool raw = false)
    {
        for (var retries = 0; ; retries++)
        {
            try
            {
                await foreach (var (lines, end) in api.FollowLogAsync(task, from, tail, cancellationToken))
                {
                    if (end is not null)
                        return end;
                    Print(lines!, json, times, toError, raw);
                    from = lines![^1].Number + 1;
                    retries = 0;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException && retries < MostRetries)
            {
                // The hub restarts; what was printed is not printed again.
            }

            if (retries >= MostRetries)
                return null;
            await Task.Delay(Retry, TimeProvider.System, cancellationToken);
        }
    }
}
