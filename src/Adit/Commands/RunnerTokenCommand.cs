using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner token create</c>.</summary>
internal static class RunnerTokenCommand
{
    /// <summary>What a runner's token may do, and nothing else.</summary>
    public const string Scope = "runner:serve";

    public static Command Create(HubAccessOptions access)
    {
        var name = new Option<string>("--name") { Description = "What people call the token.", HelpName = "NAME", DefaultValueFactory = static _ => "runner" };
        var create = new Command(
            "create", "Make a token for runners of yours: it can be a runner and nothing else. An admin's runners are for everybody, others for their owner. It is printed once, alone on standard output.") { name };
        create.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, cancellationToken));
        return new Command("token", "Tokens for runners.") { create };
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var token = await api.CreateTokenAsync(new CreateTokenRequest { Name = name, Scopes = [Scope] }, cancellationToken);
        Screen.Line(token.Secret!);
        Screen.Note($"Token {token.Name} (id {token.Id}) is for runners of {token.Account}. Keep it: it is not shown again. On the machine: ADIT_HUB={hub.Url.GetLeftPart(UriPartial.Authority)} ADIT_TOKEN=… adit runner --name NAME");
        return ExitCode.Ok;
    }
}
