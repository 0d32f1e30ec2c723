namespace Adit.Hub.Templates.Documents;

/// <summary>What is wrong with a document, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">One sentence without its full stop that names the key and says what is allowed.</param>
/// <param name="IsWarning">Whether the template works nevertheless.</param>
internal sealed record TemplateProblem(int Line, int Column, string Message, bool IsWarning = false)
{
    /// <summary>It as a whole sentence.</summary>
    public string Sentence => Message.EndsWith('?') ? Message : Message + ".";
}

/// <summary>Collects problems; a hostile document cannot make more than a person would read.</summary>
internal sealed class TemplateProblems
{
    private const int Most = 100;

    private readonly List<TemplateProblem> _all = [];

    /// <summary>Whether the template cannot be used.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(Place at, string message)
    {
        HasErrors = true;
        Keep(new TemplateProblem(at.Line, at.Column, message));
    }

    /// <summary>Adds a remark.</summary>
    public void Warn(Place at, string message) => Keep(new TemplateProblem(at.Line, at.Column, message, IsWarning: true));

    /// <summary>All of them, in the document's order, each once.</summary>
    public IReadOnlyList<TemplateProblem> ToList() => [.. _all.Distinct().OrderBy(static p => p.Line).ThenBy(static p => p.Column)];

    /// <summary>Text of the document as a message may show it: on one line, short, and without what a terminal would obey.</summary>
    public static string Shown(string text)
    {
        var plain = string.Concat(text.Take(200).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? '·' : c));
        return plain.Length > 60 ? plain[..60] + "…" : plain;
    }

    private void Keep(TemplateProblem problem)
    {
        if (_all.Count < Most)
            _all.Add(problem);
    }
}
