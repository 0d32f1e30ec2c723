using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Adit.Commands;

/// <summary>The log of a hub on standard error, and the flags that say how much of it.</summary>
internal static class HubLog
{
    /// <summary>Adds the flags to a command.</summary>
    /// <returns>Reads them.</returns>
    public static Func<ParseResult, Action<ILoggingBuilder>> AddTo(Command command)
    {
        var level = new Option<LogLevel?>("--log-level") { Description = "What to log. [default: information]", HelpName = "debug|information|warning|error" };
        var json = new Option<bool>("--log-json") { Description = "Log in JSON, an object per line." };
        command.Add(level);
        command.Add(json);
        return parsed => logging => Log(logging, parsed.GetValue(level) ?? LogLevel.Information, parsed.GetValue(json));
    }

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
