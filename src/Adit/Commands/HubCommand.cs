using System.CommandLine;
using Adit.Hub;
using Adit.Hub.Config;
using Adit.Terminal;
using Microsoft.Extensions.Logging;

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
        var log = HubLog.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var (options, report) = flags.Read(parsed);
            return options is null
                ? Task.FromResult(Complain(report))
                : RunAsync(options, log(parsed), null, cancellationToken);
        });
        return command;
    }

    /// <summary>Says what is wrong with a configuration.</summary>
    public static int Complain(ConfigReport report)
    {
        foreach (var problem in report.Problems)
            Screen.Error(problem.ToString());
        return ExitCode.Usage;
    }

    /// <summary>Runs a hub until the signal to end.</summary>
    /// <param name="options">What it is asked to be.</param>
    /// <param name="logging">Where its log goes.</param>
    /// <param name="beside">What runs beside it, and ends it by its own end; null for nothing.</param>
    /// <param name="cancellationToken">The signal.</param>
    public static async Task<int> RunAsync(
        HubOptions options, Action<ILoggingBuilder> logging, Func<HubApp, CancellationToken, Task>? beside, CancellationToken cancellationToken)
    {
        await using var hub = await HubApp.StartAsync(options, logging: logging);
        if (hub.AdminToken is not null)
            Announce(Path.Combine(options.DataDirectory, "admin-token"));
        Screen.Line(
            $"adit hub {ProductVersion.Text} is ready on {string.Join(" and ", hub.Addresses)}; tunnels are names below {options.Domain}");
        if (hub.Fingerprint is { } fingerprint)
            Screen.Note($"Its own authority certifies it; clients trust it with --pin {fingerprint}");
        var waiting = beside?.Invoke(hub, cancellationToken) ?? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellationToken.IsCancellationRequested)
            await waiting; // It failed, and says why.
        Screen.Note("Draining: what runs may end; a second signal ends it at once.");
        await hub.StopAsync();
        return ExitCode.Ok;
    }

    // The token itself is in the file and nowhere else: a service's output is kept and read by others.
    private static void Announce(string file) =>
        Screen.Note($"First start: the admin token is in {file}, which only you can read: export ADIT_TOKEN=$(cat {file})");
}
