using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Runner.Yaml;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit tunnel run</c>: several tunnels, on several hubs, from a file.</summary>
internal static class TunnelRunCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create(HubAccessOptions access)
    {
        var file = new Argument<string>("FILE") { Description = "The file of tunnels.", DefaultValueFactory = static _ => "tunnels.yaml" };
        var check = new Option<bool>("--check") { Description = "Only read the file and say what is wrong with it." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line for everything that happens." };
        var command = new Command("run", "Serve the tunnels of a file. The file is read again when it changes; tunnels that stay the same are not disturbed.") { file, check, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file)!;
            var tunnels = Load(path);
            if (parsed.GetValue(check))
            {
                Screen.Line($"{path}: {tunnels.Hubs.Sum(static h => h.Tunnels.Count)} tunnels on {tunnels.Hubs.Count} hubs");
                return Task.FromResult(ExitCode.Ok);
            }

            return RunAsync(path, tunnels, section => access.Read(parsed, section), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static TunnelsFile Load(string path) =>
        File.Exists(path)
            ? TunnelsFile.Load(path)
            : throw new CommandException(
                ExitCode.Usage, $"There is no file {path}. Name the file of tunnels; docs/guide/tunnels-file.md says what is in it.");

    private static async Task<int> RunAsync(
        string path, TunnelsFile file, Func<TunnelsFile.HubSection, HubAccess> access, bool json, CancellationToken cancellationToken)
    {
        using var view = TunnelView.Create(json);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = file.Hubs.Select(section => Client(section, access(section), view)).ToArray();
        try
        {
            var running = clients.Select(client => client.RunAsync(stop.Token)).ToArray();
            var watching = WatchAsync(path, file, clients, stop.Token);
            // A hub that will not have us ends its own client; the others go on. The last one to go ends the program.
            List<Task> left = [.. running];
            Exception? failure = null;
            while (left.Count > 0)
            {
                var ended = await Task.WhenAny(left);
                left.Remove(ended);
                if (ended.Exception?.InnerException is { } e)
                {
                    failure ??= e;
                    Screen.Error(e.Message);
                }
            }

            await stop.CancelAsync();
            await watching;
            return failure is null ? ExitCode.Ok : Failures.Describe(failure)?.ExitCode ?? ExitCode.Failed;
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    private static TunnelClient Client(TunnelsFile.HubSection section, HubAccess hub, TunnelView view)
    {
        var client = new TunnelClient(hub, section.Tunnels, new TunnelClientOptions
        {
            ClientName = section.ClientName ?? ClientName.OfThisMachine(),
            Version = ProductVersion.Text,
            Allow = section.Allow,
            MaxConnections = section.MaxConnections,
            CaptureProgramOutput = true,
        })
        {
            // One tunnel whose name is taken must not take the others down.
            OnTunnelFailed = static (_, e) => e.Failure != TunnelFailure.NotAuthorized,
        };
        client.Reported += view.Show;
        return client;
    }

    // Looks at the file's time and size rather than asking the system to tell: editors replace files, and shared folders tell nothing.
    private static async Task WatchAsync(string path, TunnelsFile current, TunnelClient[] clients, CancellationToken cancellationToken)
    {
        var seen = Stamp(path);
        using var timer = new PeriodicTimer(LookEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (Stamp(path) is not { } now || now == seen)
                    continue;
                seen = now;
                current = await ReloadAsync(path, current, clients);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private static async Task<TunnelsFile> ReloadAsync(string path, TunnelsFile current, TunnelClient[] clients)
    {
        TunnelsFile next;
        try
        {
            next = TunnelsFile.Load(path);
        }
        catch (Exception e) when (e is YamlFileException or IOException or UnauthorizedAccessException)
        {
            Screen.Error($"{e.Message}; the tunnels stay as they were.");
            return current;
        }

        if (!next.Hubs.Select(WithoutTunnels).SequenceEqual(current.Hubs.Select(WithoutTunnels)))
        {
            Screen.Error($"{path}: hubs and their settings are read at start only; restart to use them. The tunnels stay as they were.");
            return current;
        }

        for (var i = 0; i < clients.Length; i++)
            await clients[i].ReplaceAsync(next.Hubs[i].Tunnels);
        Screen.Note($"{path} was read again.");
        return next;
    }

    private static TunnelsFile.HubSection WithoutTunnels(TunnelsFile.HubSection section) => section with { Tunnels = [] };

    private static (DateTime, long)? Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : null;
    }
}
