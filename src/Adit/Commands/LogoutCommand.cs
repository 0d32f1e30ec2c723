using System.CommandLine;
using System.Net;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit logout</c>.</summary>
internal static class LogoutCommand
{
    // adit_ID_SECRET: the id is no secret.
    private const string Prefix = "adit_";
    private const int IdLength = 12;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("logout", "Sign out of a hub: forgets its token, and revokes it if 'adit login' got it in a browser.");
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.ReadToSignIn(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, CancellationToken cancellationToken)
    {
        if (Credentials.Find(hub.Url) is not { } token)
        {
            Screen.Note($"You are not signed in to {hub.Url.GetLeftPart(UriPartial.Authority)}.");
            return ExitCode.Ok;
        }

        try
        {
            using var api = new HubApi((hub with { Token = token }).CreateHttpClient(), hub.Url);
            if (!Credentials.WasGiven(hub.Url) && token.StartsWith(Prefix, StringComparison.Ordinal) && token.Length > Prefix.Length + IdLength)
                await api.RevokeTokenAsync(token.Substring(Prefix.Length, IdLength), cancellationToken);
        }
        catch (HubApiException e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
        {
            // It was no longer good.
        }
        catch (HttpRequestException e)
        {
            Credentials.Set(hub.Url, null);
            throw new CommandException(ExitCode.Unreachable, $"The token is forgotten here and not revoked, because the hub cannot be reached ({e.Message}); revoke it with 'adit token revoke' from elsewhere.");
        }

        Credentials.Set(hub.Url, null);
        Screen.Note($"Signed out of {hub.Url.GetLeftPart(UriPartial.Authority)}.");
        return ExitCode.Ok;
    }
}
