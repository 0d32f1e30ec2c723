using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What is wrong with a template's document, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
/// <param name="IsWarning">Whether the template works nevertheless.</param>
public sealed record TemplateRemark(int Line, int Column, string Message, bool IsWarning = false);

/// <summary>One value that a parameter may have.</summary>
public sealed record TemplateFormChoice
{
    /// <summary>The value.</summary>
    public required string Value { get; init; }

    /// <summary>What people read; null for the value itself.</summary>
    public string? Label { get; init; }

    /// <summary>More of that.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the caller may choose it.</summary>
    public required bool IsAllowed { get; init; }
}

/// <summary>One field of the form that a start asks to be filled in.</summary>
public sealed record TemplateFormField
{
    /// <summary>The parameter.</summary>
    public required string Name { get; init; }

    /// <summary>What people read; null for the name.</summary>
    public string? Label { get; init; }

    /// <summary>More of that.</summary>
    public string? Description { get; init; }

    /// <summary><c>string</c>, <c>number</c>, <c>boolean</c> or <c>choice</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Its value when none is given; null when one has to be.</summary>
    public string? Default { get; init; }

    /// <summary>Of a string: a regular expression that all of it matches.</summary>
    public string? Pattern { get; init; }

    /// <summary>Of a string: how long it is at least.</summary>
    public int? MinLength { get; init; }

    /// <summary>Of a string: how long it is at most.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Of a number: the least.</summary>
    public decimal? Min { get; init; }

    /// <summary>Of a number: the most.</summary>
    public decimal? Max { get; init; }

    /// <summary>Of a number: whether it has to be whole.</summary>
    public bool? IsInteger { get; init; }

    /// <summary>Of a choice: what there is.</summary>
    public IReadOnlyList<TemplateFormChoice>? Choices { get; init; }

    /// <summary>Whether the caller may give another value than the default.</summary>
    public required bool IsAllowed { get; init; }
}

/// <summary>Everything that a start of a template can be asked for.</summary>
public sealed record TemplateForm
{
    /// <summary>Its parameters, in order.</summary>
    public required IReadOnlyList<TemplateFormField> Fields { get; init; }

    /// <summary>What is reserved when nothing is asked for.</summary>
    public required TaskResources Requests { get; init; }

    /// <summary>The most that it gets when nothing is asked for; null inside for no limit.</summary>
    public required TaskResources Limits { get; init; }

    /// <summary>The most that may be asked for; null inside for no limit.</summary>
    public required TaskResources Most { get; init; }

    /// <summary>Whether a command can be given; required when the template has none of its own.</summary>
    public required bool TakesCommand { get; init; }

    /// <summary>Whether a command has to be given.</summary>
    public required bool NeedsCommand { get; init; }

    /// <summary>Whether environment variables can be given.</summary>
    public required bool TakesEnvironment { get; init; }

    /// <summary>Whether it has to be in a project.</summary>
    public required bool NeedsProject { get; init; }

    /// <summary>Who may use its addresses when nothing is said.</summary>
    public required string Access { get; init; }

    /// <summary>How far its owner may open them: <c>owner</c>, <c>project</c>, <c>signed-in</c> or <c>public</c>.</summary>
    public required string MaxShare { get; init; }

    /// <summary>What becomes of a session that nobody uses.</summary>
    public TaskIdleTerms? Idle { get; init; }
}

/// <summary>A template as the API shows it.</summary>
public sealed record ApiTemplate
{
    /// <summary>What it is called in commands and addresses.</summary>
    public required string Slug { get; init; }

    /// <summary>What people read.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>The version that is used now: 0 as shipped with the hub, from 1 on as published; null when nothing is published.</summary>
    public int? Version { get; init; }

    /// <summary>What its tasks are for; null while its document cannot be used.</summary>
    public TaskKind? Kind { get; init; }

    /// <summary>Whether a template of this slug is shipped with the hub: then it cannot be removed, only what was published over it.</summary>
    public required bool IsShipped { get; init; }

    /// <summary>Whether it is left out of lists for those who cannot change it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>That it is going away, and what to use instead; null when it is not.</summary>
    public string? Deprecated { get; init; }

    /// <summary>Whether there is a draft, for those who can change it.</summary>
    public bool? HasDraft { get; init; }

    /// <summary>Why its document cannot be used by this hub; null when it can.</summary>
    public string? Problem { get; init; }

    /// <summary>The names of its ports, the main one first.</summary>
    public IReadOnlyList<string> Ports { get; set; } = [];

    /// <summary>How many tasks of it one user may have at a time; null for any number.</summary>
    public int? MaxPerUser { get; init; }

    /// <summary>What an hour costs when nothing is asked for, unrounded; null where nothing is known of prices.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>The currency of that.</summary>
    public string? Currency { get; init; }

    /// <summary>What the caller may do with it beside starting it: <c>change</c>.</summary>
    public IReadOnlyList<string> May { get; set; } = [];

    /// <summary>What a start asks for; not in lists.</summary>
    public TemplateForm? Form { get; init; }

    /// <summary>The document of the version that is used; not in lists, and for those who see everything.</summary>
    public string? Yaml { get; init; }

    /// <summary>The draft; not in lists, and for those who see everything.</summary>
    public TemplateDraft? Draft { get; init; }
}

/// <summary>What somebody writes and nobody uses yet.</summary>
/// <param name="Yaml">The document; it may be wrong.</param>
/// <param name="By">Who wrote it last.</param>
/// <param name="At">When.</param>
/// <param name="Problems">What is wrong with it.</param>
public sealed record TemplateDraft(string Yaml, string By, DateTimeOffset At, IReadOnlyList<TemplateRemark> Problems);

/// <summary>GET /api/v1/templates.</summary>
public sealed record TemplateList
{
    /// <summary>One page, by slug.</summary>
    public required IReadOnlyList<ApiTemplate> Items { get; init; }

    /// <summary>Pass as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>A version: it never changes.</summary>
public sealed record ApiTemplateVersion
{
    /// <summary>Its number.</summary>
    public required int Version { get; init; }

    /// <summary>Whether it is the one that is used.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary>Who published it.</summary>
    public required string By { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What its author wanted to remember.</summary>
    public string? Note { get; init; }

    /// <summary>The version that was published again; null for one that came of a draft.</summary>
    public int? Of { get; init; }

    /// <summary>Its document; not in lists.</summary>
    public string? Yaml { get; init; }
}

/// <summary>GET /api/v1/templates/{slug}/versions.</summary>
public sealed record TemplateVersionList
{
    /// <summary>The versions, newest first.</summary>
    public required IReadOnlyList<ApiTemplateVersion> Items { get; init; }

    /// <summary>Always null: the newest 200 are kept.</summary>
    public string? Next { get; init; }
}

/// <summary>PUT /api/v1/templates/{slug}/draft.</summary>
public sealed record PutTemplateDraftRequest
{
    /// <summary>The document; at most 64 KiB. It may be wrong: what is said then.</summary>
    public required string Yaml { get; init; }
}

/// <summary>POST /api/v1/templates/{slug}/publish.</summary>
public sealed record PublishTemplateRequest
{
    /// <summary>The version to publish again, which makes a new one of it; null for the draft.</summary>
    public int? Version { get; init; }

    /// <summary>What its author wants to remember; at most 200 characters.</summary>
    public string? Note { get; init; }
}

/// <summary>POST /api/v1/templates/test and /api/v1/templates/{slug}/test: what would come of a start.</summary>
public sealed record TestTemplateRequest
{
    /// <summary>The document to test; null for one that the hub has. Only for those who may write templates.</summary>
    public string? Yaml { get; init; }

    /// <summary>Whether the draft is meant and not what is published.</summary>
    public bool Draft { get; init; }

    /// <summary>What would be asked for; its template is the one that is tested. Null for the defaults.</summary>
    public CreateTaskRequest? Request { get; init; }
}

/// <summary>What one runner says to a start.</summary>
public sealed record TemplateRunner
{
    /// <summary>Its name.</summary>
    public required string Runner { get; init; }

    /// <summary>Whether it could have the task when nothing else runs there.</summary>
    public required bool CouldFit { get; init; }

    /// <summary>Whether it could have it now.</summary>
    public required bool HasRoom { get; init; }

    /// <summary>Why not.</summary>
    public string? Reason { get; init; }
}

/// <summary>What a dry run finds.</summary>
public sealed record TemplateTest
{
    /// <summary>Whether it could be started as asked.</summary>
    public required bool IsValid { get; init; }

    /// <summary>What is wrong with the document, in its order.</summary>
    public required IReadOnlyList<TemplateRemark> Problems { get; init; }

    /// <summary>Why what was asked for is refused; null when it is not.</summary>
    public string? Refusal { get; init; }

    /// <summary>What a start asks for; null when the document is wrong.</summary>
    public TemplateForm? Form { get; init; }

    /// <summary>What a runner would get; null when it would not come to that.</summary>
    public TaskSpec? Spec { get; init; }

    /// <summary>What would be reserved.</summary>
    public TaskResources? Requests { get; init; }

    /// <summary>What whoever starts it would be told.</summary>
    public IReadOnlyList<string> Notices { get; set; } = [];

    /// <summary>What of a quota it would wait for, whether runners have room or not; null for nothing.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>What an hour would cost, unrounded; null where nothing is known of prices.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>The currency of that.</summary>
    public string? Currency { get; init; }

    /// <summary>What the runners say to it, those that fit first; null when the hub has no runners.</summary>
    public IReadOnlyList<TemplateRunner>? Runners { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiTemplate))]
[JsonSerializable(typeof(TemplateList))]
[JsonSerializable(typeof(ApiTemplateVersion))]
[JsonSerializable(typeof(TemplateVersionList))]
[JsonSerializable(typeof(PutTemplateDraftRequest))]
[JsonSerializable(typeof(PublishTemplateRequest))]
[JsonSerializable(typeof(TestTemplateRequest))]
[JsonSerializable(typeof(TemplateTest))]
public sealed partial class TemplatesJson : JsonSerializerContext;
