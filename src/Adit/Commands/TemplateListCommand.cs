using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit template ls</c>.</summary>
internal static class TemplateListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<ApiTemplate>
    {
        Description = "List the templates.",
        Plural = "templates",
        List = static (api, _, cancellationToken) => api.ListTemplatesAsync(cancellationToken),
        Json = static () => TemplatesJson.Default.ApiTemplate,
        Columns = ["SLUG", "VERSION", "KIND", "NAME", "STATE"],
        Row = static t => [t.Slug, Version(t), t.Kind is { } kind ? kind.ToString().ToLowerInvariant() : "-", RequestLine.Safe(t.Name), State(t)],
    }.Create(access);

    /// <summary>The version as people read it.</summary>
    public static string Version(ApiTemplate template) => template.Version switch
    {
        null => "-",
        0 => "shipped",
        { } number => $"{number}",
    };

    private static string State(ApiTemplate template)
    {
        var words = new List<string>();
        if (template.Problem is not null)
            words.Add("unusable");
        if (template.IsHidden)
            words.Add("hidden");
        if (template.Deprecated is not null)
            words.Add("deprecated");
        if (template.HasDraft == true)
            words.Add("draft");
        return words.Count > 0 ? string.Join(", ", words) : "-";
    }
}
