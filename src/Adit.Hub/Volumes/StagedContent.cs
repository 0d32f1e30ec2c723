using Adit.Content;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes;

/// <summary>
/// Content that lives though no snapshot has it: what arrives, then what is staged. Marked before the snapshots are read, in this order: content goes on from each to the next, so that
/// none is passed over.
/// </summary>
internal sealed class StagedContent(IEnumerable<ILivingContent> arriving, Staging.VolumeStaging staging)
{
    /// <summary>Marks that of a project.</summary>
    /// <exception cref="DamagedContentException">A page is none.</exception>
    /// <exception cref="MissingContentException">A page is not in the store.</exception>
    public async Task MarkAsync(string project, TreeMark mark, LiveChunks live, CancellationToken cancellationToken)
    {
        foreach (var content in arriving)
            await content.MarkAsync(project, mark, live, cancellationToken);
        await staging.MarkAsync(project, mark, cancellationToken);
    }
}
