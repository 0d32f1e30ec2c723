using Adit.Api;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Templates;

/// <summary>A template's document as the command line looks at it, without a hub.</summary>
/// <param name="Slug">Its slug; null when it cannot be used.</param>
/// <param name="Problems">What is wrong with it, in its order.</param>
public sealed record TemplateFile(string? Slug, IReadOnlyList<TemplateRemark> Problems)
{
    /// <summary>The longest document, in bytes of UTF-8.</summary>
    public const int MostBytes = TemplateYaml.MostBytes;

    /// <summary>The published JSON Schema (draft 2020-12).</summary>
    public static string Schema => TemplateSchema.Current.Text;

    /// <summary>Looks at a document.</summary>
    public static TemplateFile Check(string yaml)
    {
        var problems = new TemplateProblems();
        var template = TemplateReader.Read(yaml, problems);
        return new TemplateFile(template?.Slug, TemplateView.Remarks(problems.ToList()));
    }
}
