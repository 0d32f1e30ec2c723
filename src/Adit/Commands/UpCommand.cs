using System.CommandLine;
using Adit.Api;
using Adit.Hub;
using Adit.Link;
using Adit.Runner.Agent;
using Adit.Runner.Hubs;
using Adit.Terminal;
using Microsoft.Extensions.Logging;

namespace Adit.Commands;

/// <summary><c>adit up</c>: a hub, and a runner on the same machine, in one process.</summary>
internal static class UpCommand
{
    public const string Name = "up";

    public const string Description = "Run a hub and a runner in one process: everything that one machine needs. Both keep what they have in --data.";

    private const string TokenFile = "runner-token";

    public static Command Create()
    {
        var command = new Command(Name, Description);
        var name = new Option<string?>("--runner-name") { Description = "What the runner is called. Default: the machine's name.", HelpName = "NAME" };
        var labels = new Option<string[]>("--label") { Description = "A label of the runner. May be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
        var share = new Option<bool>("--share-runner")
        {
            Description = "Let everybody's tasks run here. They run as the user that the hub runs as, who can read all that the hub keeps, its keys and tokens too. Default: only tasks of the runner's own account, the first admin. For other people add a runner with a user of its own.",
        };
        command.Add(name);
        command.Add(labels);
        command.Add(share);
        var flags = new HubFlags(command); // After the few that are the runner's.
        var log = HubLog.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var (options, report) = flags.Read(parsed);
            return options is null
                ? Task.FromResult(HubCommand.Complain(report))
                : RunAsync(
                    options,
                    log(parsed),
                    new RunnerOptions
                    {
                        Name = parsed.GetValue(name) ?? ClientName.OfThisMachine(),
                        DataDirectory = Path.Combine(options.DataDirectory, "runner"),
                        Version = ProductVersion.Text,
                        Labels = RunnerFlags.KeyValues(parsed.GetValue(labels), "--label"),
                        IsPrivate = !parsed.GetValue(share), // Its tasks are the hub's own user, who can read the hub's data.
                        IsHubUser = true,
                    },
                    cancellationToken);
        });
        return command;
    }

    private static Task<int> RunAsync(HubOptions options, Action<ILoggingBuilder> logging, RunnerOptions runner, CancellationToken cancellationToken) =>
        HubCommand.RunAsync(options, logging, async (hub, ending) =>
        {
            var url = new Uri(hub.Addresses[0].Replace("[::]", "[::1]", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
            var trust = hub.Fingerprint is { } fingerprint ? new TlsTrust { Pin = KeyPin.Parse(fingerprint) } : TlsTrust.System;
            var token = await TokenAsync(hub, options, url, trust, ending);
            if (!runner.IsPrivate)
                Screen.Note("The runner is shared: tasks of everybody run here as the hub's own user, who can read all that the hub keeps.");
            await RunnerCommand.RunAsync(new HubAccess { Url = url, Token = token, Trust = trust, Proxy = null }, runner, ending);
        }, cancellationToken);

    // Its own, in a file next to the admin's; made by the API like any other.
    private static async Task<string> TokenAsync(HubApp hub, HubOptions options, Uri url, TlsTrust trust, CancellationToken cancellationToken)
    {
        var file = Path.Combine(options.DataDirectory, TokenFile);
        if (File.Exists(file))
            return (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
        var admin = hub.AdminToken ?? (await File.ReadAllTextAsync(Path.Combine(options.DataDirectory, "admin-token"), cancellationToken)).Trim();
        using var api = new HubApi(new HubAccess { Url = url, Token = admin, Trust = trust, Proxy = null }.CreateHttpClient(), url);
        var token = await api.CreateTokenAsync(new CreateTokenRequest { Name = "runner of adit up", Scopes = [RunnerTokenCommand.Scope] }, cancellationToken);
        PrivateFile.Write(file, token.Secret! + "\n");
        return token.Secret!;
    }
}
