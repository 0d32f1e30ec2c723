using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit token create</c>.</summary>
internal static class TokenCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string?>("NAME") { Description = "What people call it.", Arity = ArgumentArity.ZeroOrOne };
        var named = new Option<string?>("--name") { Description = "The same as NAME.", HelpName = "NAME" };
        var account = new Option<string?>("--account") { Description = "The account it acts for. Default: your own. Others are for admins, and for maintainers of a project its service accounts.", HelpName = "NAME" };
        var admin = new Option<bool>("--admin") { Description = "It has your admin rights; without this an admin's token does what a user's does." };
        var scopes = new Option<string[]>("--scope")
        {
            Description = "What it may do, such as tunnels:write or tunnels:read!project=churn. May be repeated. Default: all that you may.", HelpName = "SCOPE",
            Arity = ArgumentArity.OneOrMore,
        };
        var expires = new Option<string?>("--expires") { Description = "How long it is good: 30m, 12h, 90d. Default: until it is revoked.", HelpName = "DURATION" };
        var tunnels = new Option<int?>("--max-tunnels") { Description = "Tunnels at one time.", HelpName = "N" };
        var streams = new Option<int?>("--max-streams") { Description = "Streams at one time over one link.", HelpName = "N" };
        var bandwidth = new Option<string?>("--bandwidth") { Description = "Bytes per second, both directions together, such as 10MB.", HelpName = "BYTES" };
        var json = new Option<bool>("--json") { Description = "Print the token as JSON." };
        var command = new Command("create", "Make a token. It is printed once, alone on standard output; nobody can show it again.")
        {
            name, named, account, admin, scopes, expires, tunnels, streams, bandwidth, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateTokenRequest
            {
                Name = (parsed.GetValue(named) ?? parsed.GetValue(name))
                    ?? throw new CommandException(ExitCode.Usage, "A token needs a name: give NAME or --name."),
                Account = parsed.GetValue(account),
                IsAdmin = parsed.GetValue(admin),
                Scopes = parsed.GetValue(scopes) is { Length: > 0 } some ? some : null,
                ExpiresInSeconds = parsed.GetValue(expires) is { } text ? (long)Duration.Parse(text).TotalSeconds : null,
                MaxTunnels = parsed.GetValue(tunnels),
                MaxStreams = parsed.GetValue(streams),
                BytesPerSecond = parsed.GetValue(bandwidth) is { } rate ? ByteSize.Parse(rate) : null,
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, CreateTokenRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var token = await api.CreateTokenAsync(request, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(token, TokensJson.Default.ApiToken));
            return ExitCode.Ok;
        }

        Screen.Line(token.Secret!);
        Screen.Note(
            $"Token {token.Name} (id {token.Id}) acts for "
                + $"{token.Account}{(token.IsAdmin ? " with all rights" : "")}{(token.Expires is { } end ? $" until {end:u}" : "")}. Keep "
                + "it: it is not shown again.");
        return ExitCode.Ok;
    }
}
