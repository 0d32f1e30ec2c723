using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit secret ls</c>.</summary>
internal static class SecretListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Option<string?>("--project") { Description = "Only those of this project.", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of secrets." };
        var command = new Command("ls", "List the secrets that you may see, without their values: admins and auditors all, members those of their projects.") { project, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(project), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string? project, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var secrets = await api.ListSecretsAsync(project, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", secrets.Select(static s => JsonSerializer.Serialize(s, SecretsJson.Default.ApiSecret)))}]");
        }
        else if (secrets.Count == 0)
        {
            Screen.Note("There are no secrets that you may see. Set one with 'adit secret set'.");
        }
        else
        {
            var table = new Table("NAME", "OF", "VERSION", "CHANGED", "BY");
            foreach (var s in secrets)
            {
                table.Add(
                    s.Name, s.Project is null ? "hub" : $"project {s.Project}", s.Version.ToString(CultureInfo.InvariantCulture) + (s.IsReadable ? "" : " (cannot be read)"),
                    s.Changed.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), s.ChangedBy);
            }

            Screen.Line(table.ToString());
        }

        return ExitCode.Ok;
    }
}
