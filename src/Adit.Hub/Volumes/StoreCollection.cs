using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes;

/// <summary>Gives the disk back what no snapshot needs. Safe beside those who write: what of theirs went is asked of them again.</summary>
internal sealed class StoreCollection(ProjectStores stores, VolumeStore volumes, StagedContent staged)
{
    /// <summary>Collects the content of a project.</summary>
    /// <exception cref="DamagedContentException">Not all that lives can be seen; nothing was removed.</exception>
    /// <exception cref="MissingContentException">Likewise.</exception>
    public async Task<CollectionResult> CollectAsync(string project, CancellationToken cancellationToken)
    {
        var content = await stores.OfAsync(project);
        return await content.CollectAsync(
            async (live, token) =>
            {
                var mark = new TreeMark(content, live);
                await staged.MarkAsync(project, mark, live, token);
                foreach (var (id, root) in await volumes.RootsAsync(project))
                {
                    live.Mark(ChunkId.Parse(id));
                    await mark.MarkAsync(root.Id, token);
                }
            },
            cancellationToken);
    }
}
