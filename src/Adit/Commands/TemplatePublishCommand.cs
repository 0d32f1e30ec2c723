using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template publish</c>.</summary>
internal static class TemplatePublishCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var slug = new Argument<string>("SLUG") { Description = "The template." };
        var version = new Option<int?>("--version") { Description = "Publish this version again, as a new one: the way back.", HelpName = "NUMBER" };
        var note = new Option<string?>("--note") { Description = "What to remember of this version.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print the template as JSON." };
        var command = new Command("publish", "Publish a template's draft, or one of its versions again. For admins.") { slug, version, note, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(slug)!, new PublishTemplateRequest { Version = parsed.GetValue(version), Note = parsed.GetValue(note) }, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string slug, PublishTemplateRequest publish, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var template = await api.PublishTemplateAsync(slug, publish, null, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(template, TemplatesJson.Default.ApiTemplate));
        else
            Screen.Note($"Version {template.Version} of {slug} is published.");
        return ExitCode.Ok;
    }
}
