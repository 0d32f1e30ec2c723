using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template versions</c>.</summary>
internal static class TemplateVersionsCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var slug = new Argument<string>("SLUG") { Description = "The template." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of versions." };
        var command = new Command("versions", "List the versions of a template, newest first.") { slug, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(slug)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string slug, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var versions = await api.ListTemplateVersionsAsync(slug, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", versions.Select(static v => JsonSerializer.Serialize(v, TemplatesJson.Default.ApiTemplateVersion)))}]");
            return ExitCode.Ok;
        }

        if (versions.Count == 0)
        {
            Screen.Note($"Nothing was published of {slug}.");
            return ExitCode.Ok;
        }

        var table = new Table("VERSION", "PUBLISHED", "BY", "OF", "NOTE");
        foreach (var v in versions)
        {
            table.Add(
                string.Create(CultureInfo.InvariantCulture, $"{v.Version}{(v.IsCurrent ? " *" : "")}"), Words.Date(v.At), v.By,
                v.Of is { } of ? string.Create(CultureInfo.InvariantCulture, $"{of}") : "-", v.Note is { } note ? RequestLine.Safe(note) : "-");
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
