using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Templates;

/// <summary>A template as it is stored: its draft, its versions, and which of them is used. Immutable.</summary>
internal sealed record TemplateRecord
{
    public required string Slug { get; init; }

    /// <summary>What somebody writes; null for nothing.</summary>
    public StoredDraft? Draft { get; init; }

    /// <summary>The version in use; null for none: then the shipped one of this slug is used, if there is one.</summary>
    public StoredVersion? Current { get; init; }

    /// <summary>The newest versions, the oldest first.</summary>
    public IReadOnlyList<StoredVersion> Versions { get; init; } = [];

    /// <summary>The highest number that a version ever had.</summary>
    public int Last { get; init; }

    /// <summary>Counts changes.</summary>
    public long Revision { get; init; }

    /// <summary>Whether nothing is left of it but its numbers.</summary>
    public bool IsRemoved => Draft is null && Current is null;

    /// <summary>The validator of what is stored (RFC 9110 8.8.3).</summary>
    public string ETag => $"\"{Revision}\"";
}

/// <summary>A draft.</summary>
internal sealed record StoredDraft(string Yaml, string By, DateTimeOffset At);

/// <summary>A version, and the template that it is. Never changes.</summary>
internal sealed class StoredVersion
{
    private readonly Lazy<(Template? Template, IReadOnlyList<TemplateProblem> Problems)> _read;

    public StoredVersion() => _read = new Lazy<(Template?, IReadOnlyList<TemplateProblem>)>(() =>
    {
        var problems = new TemplateProblems();
        return (TemplateReader.Read(Yaml!, problems), problems.ToList());
    });

    /// <summary>From 1; 0 for one that is shipped.</summary>
    public required int Number { get; init; }

    public required string Yaml { get; init; }

    public required string By { get; init; }

    public required DateTimeOffset At { get; init; }

    public string? Note { get; init; }

    /// <summary>Which one was published again; null for one that came of a draft.</summary>
    public int? Of { get; init; }

    /// <summary>It, read; null when this hub cannot use it: another version of the program took what this one does not.</summary>
    public Template? Template => _read.Value.Template;

    /// <summary>What is to be said about it, in its order.</summary>
    public IReadOnlyList<TemplateProblem> Problems => _read.Value.Problems;

    /// <summary>Why it cannot be used; null when it can.</summary>
    public TemplateProblem? Problem => Template is null ? Problems.FirstOrDefault(static p => !p.IsWarning) : null;
}
