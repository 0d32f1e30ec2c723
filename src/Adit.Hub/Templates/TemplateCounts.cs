namespace Adit.Hub.Templates;

/// <summary>Counts templates, for /metrics.</summary>
internal delegate TemplateCounts TemplateCensus();

/// <summary>How many templates there are.</summary>
/// <param name="Published">Published here.</param>
/// <param name="Shipped">Shipped with the hub, and in use.</param>
/// <param name="Drafts">With a draft.</param>
/// <param name="Unusable">Published, and not understood by this version of the program.</param>
internal readonly record struct TemplateCounts(int Published, int Shipped, int Drafts, int Unusable);
