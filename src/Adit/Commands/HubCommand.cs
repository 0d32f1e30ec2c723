using System.CommandLine;
using Adit.Hub;
using Adit.Hub.Config;
using Adit.Terminal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Adit.Commands;

/// <summary><c>adit hub</c>: the server.</summary>
internal static class HubCommand
{
    public const string Name = "hub";

    public const string Description =
        "Run the hub: the server at which tunnels and their visitors meet. It needs no configuration, and ends in order on SIGTERM.";

    public static Command Create()
    {
        var command = new Command(Name, Description);
        var flags = new HubFlags(command);
        var level = new Option<LogLevel?>("--log-level") { Description = "What to log. [default: information]", HelpName = "debug|information|warning|error" };
        var json = new Option<bool>("--log-json") { Description = "Log in JSON, an object per line." };
        command.Add(level);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            var (options, report) = flags.Read(parsed);
            return options is null
                ? Task.FromResult(Complain(report))
                : RunAsync(
                    options,
                    logging => Log(logging, parsed.GetValue(level) ?? LogLevel.Information, parsed.GetValue(json)),
                    cancellationToken);
        });
        return command;
    }

    private static int Complain(ConfigReport report)
    {
        foreach (var problem in report.Problems)
            Screen.Error(problem.ToString());
        return ExitCode.Usage;
    }

    private static async Task<int> RunAsync(HubOptions options, Action<ILoggingBuilder> logging, CancellationToken cancellationToken)
    {
        await using var hub = await HubApp.StartAsync(options, logging: logging);
        if (hub.AdminToken is not null)
            Announce(Path.Combine(options.DataDirectory, "admin-token"));
        Screen.Line(
            $"adit hub {ProductVersion.Text} is ready on {string.Join(" and ", hub.Addresses)}; tunnels are names below {options.Domain}");
        if (hub.Fingerprint is { } fingerprint)
            Screen.Note($"Its own authority certifies it; clients trust it with --pin {fingerprint}");
        await Task.Delay(
            Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Screen.Note("Draining: what runs may end; a second signal ends it at once.");
        await hub.StopAsync();
        return ExitCode.Ok;
    }

    // The token itself is in the file and nowhere else: a service's output is kept and read by others.
    private static void Announce(string file) =>
        Screen.Note($"First start: the admin token is in {file}, which only you can read: export ADIT_TOKEN=$(cat {file})");

    private static void Log(ILoggingBuilder logging, LogLevel level, bool json)
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", level < LogLevel.Information ? level : LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // A failed start is said in one line, not as a trace.
        // The framework writes a line for each request without a token through this class; metrics count them.
        logging.AddFilter("Adit.Hub.Access.TokenAuthentication", level < LogLevel.Information ? level : LogLevel.Warning);
        logging.AddFilter("Adit.Hub.Access.Sessions.SessionAuthentication", level < LogLevel.Information ? level : LogLevel.Warning);
        // Standard output is for the line that says ready.
        logging.Services.Configure<ConsoleLoggerOptions>(static o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        if (json)
        {
            logging.AddJsonConsole();
        }
        else
        {
            logging.AddSimpleConsole(static o =>
            {
                o.SingleLine = true;
                o.TimestampFormat = "HH:mm:ss.fff ";
                o.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }
}
