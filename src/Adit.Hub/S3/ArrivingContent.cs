using Adit.Content;
using Adit.Content.Trees;
using Adit.Hub.Volumes;

namespace Adit.Hub.S3;

/// <summary>Content that comes by S3: what is on its way into a store, then parts of objects. In this order: content goes on from the first to the second.</summary>
internal sealed class ArrivingContent(Intakes intakes, MultipartStore uploads) : ILivingContent
{
    /// <inheritdoc />
    public async Task MarkAsync(string project, TreeMark mark, LiveChunks live, CancellationToken cancellationToken)
    {
        intakes.Mark(project, live);
        foreach (var part in await uploads.FilesAsync(project))
            await mark.MarkAsync(part, cancellationToken);
    }
}
