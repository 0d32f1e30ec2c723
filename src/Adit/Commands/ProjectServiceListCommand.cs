using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project service ls</c>.</summary>
internal static class ProjectServiceListCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<IReadOnlyList<ServiceAccount>>
    {
        Verb = "ls",
        Description = "List the service accounts of a project, and how many tokens each has.",
        Name = new Argument<string>("PROJECT") { Description = "The project." },
        Prints = "a JSON array of service accounts",
        Get = static (api, project, cancellationToken) => api.ListServiceAccountsAsync(project, cancellationToken),
        Json = static accounts => $"[{string.Join(",", accounts.Select(static a => JsonSerializer.Serialize(a, ServiceAccountsJson.Default.ServiceAccount)))}]",
        Text = Describe,
    }.Create(access);

    private static string Describe(IReadOnlyList<ServiceAccount> accounts)
    {
        var table = new Table("NAME", "ROLE", "STATE", "TOKENS", "LAST USED", "MADE");
        foreach (var a in accounts)
        {
            table.Add(
                a.Name, a.Role is { } role ? Words.Of(role) : "none", a.State, a.Tokens is { } tokens ? Words.Count(tokens) : "-",
                a.LastUsed is { } used ? Words.Date(used) : a.Tokens is null ? "-" : "never", Words.Date(a.Created));
        }

        return table.ToString();
    }
}
