using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template show</c>.</summary>
internal static class TemplateShowCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var slug = new Argument<string>("SLUG") { Description = "The template." };
        var yaml = new Option<bool>("--yaml") { Description = "Print its document: what is published, or the version that --version names. For admins and auditors." };
        var draft = new Option<bool>("--draft") { Description = "Print the draft's document." };
        var version = new Option<int?>("--version") { Description = "Print the document of this version; 0 is the one that is shipped.", HelpName = "NUMBER" };
        var json = new Option<bool>("--json") { Description = "Print the template as JSON." };
        var command = new Command("show", "Show what a template asks for and what it may use, or its document.") { slug, yaml, draft, version, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(slug)!, parsed.GetValue(yaml), parsed.GetValue(draft), parsed.GetValue(version), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string slug, bool yaml, bool draft, int? version, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        if (version is { } number)
        {
            Print(slug, (await api.GetTemplateVersionAsync(slug, number, cancellationToken)).Yaml);
            return ExitCode.Ok;
        }

        var template = await api.GetTemplateAsync(slug, cancellationToken);
        if (draft)
            Print(slug, template.Draft?.Yaml);
        else if (yaml)
            Print(slug, template.Yaml);
        else
            Screen.Line(json ? JsonSerializer.Serialize(template, TemplatesJson.Default.ApiTemplate) : Describe(template));
        return ExitCode.Ok;
    }

    // As it was written, so that it can be piped into a file and pushed again.
    private static void Print(string slug, string? yaml) =>
        Screen.Out.Write(yaml ?? throw new CommandException(ExitCode.NotFoundOrTaken, $"There is no such document of the template '{slug}' that you may see."));

    private static string Describe(ApiTemplate template)
    {
        var table = new Table("TEMPLATE", template.Slug);
        table.Add("NAME", RequestLine.Safe(template.Name));
        if (template.Description is { } description)
            table.Add("DESCRIPTION", RequestLine.Safe(description));
        table.Add("VERSION", TemplateListCommand.Version(template));
        foreach (var notice in new[] { template.Problem, template.Deprecated }.OfType<string>())
            table.Add("NOTICE", RequestLine.Safe(notice));
        if (template.Ports.Count > 0)
            table.Add("PORTS", string.Join(", ", template.Ports));
        if (template.PricePerHour is { } price)
            table.Add("PRICE", TemplateTestCommand.Price(price, template.Currency));
        if (template.Draft is { } draft)
            table.Add("DRAFT", $"by {draft.By}, {Words.Date(draft.At)}{(draft.Problems.Any(static p => !p.IsWarning) ? ", with mistakes" : "")}");
        foreach (var field in template.Form?.Fields ?? [])
            table.Add("PARAMETER", Describe(field));
        return table.ToString();
    }

    private static string Describe(TemplateFormField field)
    {
        var values = field.Choices is { } choices ? string.Join("|", choices.Where(static c => c.IsAllowed).Select(static c => c.Value)) : field.Type;
        return RequestLine.Safe($"{field.Name} ({values}{(field.Default is { } text ? $", {text}" : ", required")}) {field.Label} {(field.IsAllowed ? "" : "(not for you)")}".TrimEnd());
    }
}
