using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit login</c>: a token for this machine, confirmed by a person in a browser (RFC 8628).</summary>
internal static class LoginCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var name = new Option<string?>("--client-name") { Description = "What the token is called on the hub. Default: the machine's name.", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "Print what came of it as JSON." };
        var command = new Command(
            "login",
            "Sign in to a hub: prints an address and a code to confirm in a browser, on any machine. The token is kept for this user, "
                + "and other commands need no ADIT_TOKEN. With --token, keeps that one.")
        {
            name, json,
        };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.ReadToSignIn(parsed), parsed.GetValue(name) ?? ClientName.OfThisMachine(), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string clientName, bool json, CancellationToken cancellationToken)
    {
        var token = hub.Token.Length > 0 ? hub.Token : (await AskAsync(hub, clientName, cancellationToken)).Secret!;
        var signedIn = hub with { Token = token };
        using var api = new HubApi(signedIn.CreateHttpClient(), hub.Url);
        var session = await api.GetSessionAsync(cancellationToken); // Says whether the token is good before it is kept.
        Credentials.Set(hub.Url, token, isGiven: hub.Token.Length > 0);
        if (json)
            Screen.Line(JsonSerializer.Serialize(session, SessionsJson.Default.CurrentSession));
        var end = hub.Token.Length > 0 ? "'adit logout' forgets it" : "'adit logout' ends it";
        Screen.Note($"Signed in to {hub.Url.GetLeftPart(UriPartial.Authority)} as {session.Account}. The token is kept in {Credentials.File}; {end}.");
        return ExitCode.Ok;
    }

    private static async Task<ApiToken> AskAsync(HubAccess hub, string clientName, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var codes = await api.BeginDeviceAsync(clientName, cancellationToken);
        Screen.Note($"Open {new Uri(hub.Url, codes.VerificationUriComplete)} in a browser on any machine, and confirm the code {RequestLine.Safe(codes.UserCode)}");
        var interval = TimeSpan.FromSeconds(Math.Clamp(codes.Interval, 1, 60));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Clamp(codes.ExpiresIn, 1, 3600)) + interval, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            while (true)
            {
                await Task.Delay(interval, TimeProvider.System, both.Token);
                try
                {
                    return await api.AskDeviceAsync(codes.DeviceCode, both.Token);
                }
                catch (HubApiException e) when (e.Code == "authorization-pending")
                {
                    // Somebody is still looking for the browser.
                }
                catch (HubApiException e) when (e.Code == "slow-down")
                {
                    interval += TimeSpan.FromSeconds(5);
                }
                catch (HttpRequestException)
                {
                    interval += TimeSpan.FromSeconds(5); // A hub that restarts has forgotten the code and says so (RFC 8628 3.5).
                }
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.NotAuthorized, "Nobody confirmed the code in time; run 'adit login' again.");
        }
    }
}
