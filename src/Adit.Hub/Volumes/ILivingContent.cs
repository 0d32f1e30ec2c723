using Adit.Content;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes;

/// <summary>Content of projects that another slice keeps alive though no snapshot has it and it is not staged yet.</summary>
internal interface ILivingContent
{
    /// <summary>Marks that of a project.</summary>
    /// <exception cref="DamagedContentException">A page is none.</exception>
    /// <exception cref="MissingContentException">A page is not in the store.</exception>
    Task MarkAsync(string project, TreeMark mark, LiveChunks live, CancellationToken cancellationToken);
}
