using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user create</c>.</summary>
internal static class UserCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "Its name: a-z, 0-9, '-', '_' and '.'. It never changes." };
        var email = new Option<string?>("--email") { Description = "Where it gets post.", HelpName = "ADDRESS" };
        var display = new Option<string?>("--display-name") { Description = "What people call it.", HelpName = "TEXT" };
        var role = Role();
        var service = new Option<bool>("--service") { Description = "It is a program's: it has tokens and nobody signs in as it." };
        var json = new Option<bool>("--json") { Description = "Print the account and its invitation as JSON." };
        var command = new Command("create", "Make an account. For a person prints the link with which it sets its password: once, within a week.")
        {
            name, email, display, role, service, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateAccountRequest
            {
                Name = parsed.GetValue(name)!,
                Email = parsed.GetValue(email),
                DisplayName = parsed.GetValue(display),
                Role = RoleOf(parsed.GetValue(role)!),
                Kind = parsed.GetValue(service) ? "service" : "person",
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    /// <summary>The option that names a role on the whole hub.</summary>
    public static Option<string> Role()
    {
        var role = new Option<string>("--role")
        {
            Description = "What it may do on the whole hub: 'user' its own, 'auditor' sees everything, 'admin' changes everything.",
            HelpName = "user|auditor|admin",
            DefaultValueFactory = static _ => "user",
        };
        role.AcceptOnlyFromAmong("user", "auditor", "admin");
        return role;
    }

    /// <summary>The role of a word.</summary>
    public static PlatformRole RoleOf(string word) => Enum.Parse<PlatformRole>(word, ignoreCase: true);

    private static async Task<int> RunAsync(HubAccess hub, CreateAccountRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var made = await api.CreateAccountAsync(request, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(made, AccountsJson.Default.CreatedAccount));
        }
        else if (made.Invitation is { } invitation)
        {
            Screen.Line(invitation.Url);
            Screen.Note($"Made the account {made.Account.Name}. Give this link to its owner; it is good once, until {invitation.Expires:u}.");
        }
        else
        {
            Screen.Note($"Made the account {made.Account.Name}. 'adit token create NAME --account {made.Account.Name}' makes a token for it.");
        }

        return ExitCode.Ok;
    }
}
