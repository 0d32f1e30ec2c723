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
        var runners = new Option<int>("--runners") { Description = "How many machines may register with it.", HelpName = "N", DefaultValueFactory = static _ => 1 };
        var create = new Command(
            "create",
            "Make a token for a runner of yours: it can be a runner and nothing else, and belongs to the first machine that registers with it. An admin's runners are for everybody, others for their owner. It is printed once, alone on standard output.")
        {
            name, runners,
        };
        create.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(runners), cancellationToken));
        return new Command("token", "Tokens for runners.") { create };
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, int runners, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var token = await api.CreateTokenAsync(new CreateTokenRequest { Name = name, Scopes = [Scope], MaxRunners = runners }, cancellationToken);
        Screen.Line(token.Secret!);
        Screen.Note($"Token {token.Name} (id {token.Id}) is for {(runners == 1 ? "one runner" : $"{runners} runners")} of {token.Account}. Keep it: it is not shown again. On the machine: ADIT_HUB={hub.Url.GetLeftPart(UriPartial.Authority)} ADIT_TOKEN=… adit runner --name NAME");
        return ExitCode.Ok;
    }
}
