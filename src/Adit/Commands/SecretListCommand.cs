using System.CommandLine;
using System.Globalization;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit secret ls</c>.</summary>
internal static class SecretListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Option<string?>("--project") { Description = "Only those of this project.", HelpName = "NAME" };
        return new ListCommand<ApiSecret>
        {
            Description = "List the secrets that you may see, without their values: admins and auditors all, members those of their projects.",
            Plural = "secrets",
            Flags = [project],
            List = (api, parsed, cancellationToken) => api.ListSecretsAsync(parsed.GetValue(project), cancellationToken),
            Json = static () => SecretsJson.Default.ApiSecret,
            Columns = ["NAME", "OF", "VERSION", "CHANGED", "BY"],
            Row = static s =>
            [
                s.Name,
                s.Project is null ? "hub" : $"project {s.Project}",
                s.Version.ToString(CultureInfo.InvariantCulture) + (s.IsReadable ? "" : " (cannot be read)"),
                s.Changed.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                s.ChangedBy,
            ],
            Empty = "There are no secrets that you may see. Set one with 'adit secret set'.",
        }.Create(access);
    }
}
