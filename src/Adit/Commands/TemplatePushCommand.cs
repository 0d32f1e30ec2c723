using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template push</c>.</summary>
internal static class TemplatePushCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var file = new Argument<string>("FILE") { Description = "The template's document; '-' reads standard input." };
        var draft = new Option<bool>("--draft") { Description = "Leave it a draft; 'adit template publish SLUG' makes it count." };
        var note = new Option<string?>("--note") { Description = "What to remember of this version.", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "Print the template as JSON." };
        var command = new Command("push", "Publish a template: new tasks are made of it at once, and those that run are left alone. For admins.") { file, draft, note, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(file)!, parsed.GetValue(draft) ? null : new PublishTemplateRequest { Note = parsed.GetValue(note) }, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string file, PublishTemplateRequest? publish, bool json, CancellationToken cancellationToken)
    {
        var (yaml, document) = TemplateTestCommand.Read(file);
        TemplateTestCommand.Report(file, document.Problems);
        if (document.Slug is not { } slug)
            return ExitCode.Usage;
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var template = await api.PushTemplateAsync(slug, yaml, publish, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(template, TemplatesJson.Default.ApiTemplate));
        else if (publish is null)
            Screen.Note($"{slug} has a draft now; 'adit template publish {slug}' makes it count.");
        else
            Screen.Note($"Version {template.Version} of {slug} is published{(template is { IsShipped: true } ? " in place of the one that is shipped" : "")}.");
        return ExitCode.Ok;
    }
}
