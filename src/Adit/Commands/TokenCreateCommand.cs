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
        var name = new Argument<string>("NAME") { Description = "What people call it." };
        var account = new Option<string?>("--account") { Description = "The account it acts for. Default: your own. Only an admin may name another.", HelpName = "NAME" };
        var admin = new Option<bool>("--admin") { Description = "It may do everything. Only an admin may make one." };
        var expires = new Option<string?>("--expires") { Description = "How long it is good: 30m, 12h, 90d. Default: until it is revoked.", HelpName = "DURATION" };
        var tunnels = new Option<int?>("--max-tunnels") { Description = "Tunnels at one time.", HelpName = "N" };
        var streams = new Option<int?>("--max-streams") { Description = "Streams at one time over one link.", HelpName = "N" };
        var bandwidth = new Option<string?>("--bandwidth") { Description = "Bytes per second in each direction, such as 10MB.", HelpName = "BYTES" };
        var json = new Option<bool>("--json") { Description = "Print the token as JSON." };
        var command = new Command("create", "Make a token. It is printed once, alone on standard output; nobody can show it again.")
        {
            name, account, admin, expires, tunnels, streams, bandwidth, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateTokenRequest
            {
                Name = parsed.GetValue(name)!,
                Account = parsed.GetValue(account),
                IsAdmin = parsed.GetValue(admin),
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
