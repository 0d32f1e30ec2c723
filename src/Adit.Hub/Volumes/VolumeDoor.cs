using System.Security.Cryptography;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Volumes;

/// <summary>What other slices do with volumes. Whether whoever they act for may do so is theirs to know, but for <see cref="MayWrite"/>.</summary>
internal sealed class VolumeDoor(VolumeStore store, VolumeRights rights, VolumeHistory history, PruneStore prunes, ProjectStores stores, VolumeMeter meter, TimeProvider time)
{
    /// <summary>Whether a caller may make volumes and snapshots in a project.</summary>
    public bool MayWrite(Caller caller, string project) => rights.MayWrite(caller, project);

    /// <summary>The volume of this name, which is made when there is none; null when the project has too many.</summary>
    /// <param name="caller">Who asks for it, and has made it then.</param>
    /// <param name="project">Its project, which there is.</param>
    /// <param name="name">Its name, which can be one (<see cref="Volume.IsName"/>).</param>
    /// <param name="address">Where the caller comes from, for the audit log.</param>
    /// <exception cref="Storage.StorageException">It could not be stored.</exception>
    public async Task<Volume?> FindOrMakeAsync(Caller caller, string project, string name, string? address)
    {
        if (await store.FindAsync(project, name) is { } there)
            return there;
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var volume = new Volume(id, project, name, VolumeKind.Workspace, null, time.GetUtcNow(), caller.Account);
        return await store.AddAsync(volume, null, AuditEntry.By(caller, "volume.create", "volume:" + volume.Path, address)) ? volume : await store.FindAsync(project, name);
    }

    /// <summary>The volume of this id; null when it is gone.</summary>
    public Task<Volume?> FindAsync(string id) => store.FindByIdAsync(id);

    /// <summary>The newest snapshot of the branch <c>main</c>; null while there is none.</summary>
    public Task<ApiSnapshot?> HeadAsync(Volume volume) => store.BranchAsync(volume, Volume.Main);

    /// <summary>A snapshot by its id; null when the volume has none such.</summary>
    public Task<ApiSnapshot?> SnapshotAsync(Volume volume, string id) => store.ResolveAsync(volume, id);

    /// <inheritdoc cref="ChunkEndpoints.FindMissingAsync(string, HttpContext, ProjectStores)"/>
    public Task<IResult> MissingAsync(Volume volume, HttpContext context) => ChunkEndpoints.FindMissingAsync(volume.Project, context, stores);

    /// <inheritdoc cref="ChunkEndpoints.TakeAsync(string, HttpContext, ProjectStores, VolumeMeter)"/>
    public Task<IResult> AddAsync(Volume volume, HttpContext context) => ChunkEndpoints.TakeAsync(volume.Project, context, stores, meter);

    /// <inheritdoc cref="ChunkEndpoints.GiveAsync(string, HttpContext, ProjectStores, VolumeMeter)"/>
    public Task<IResult> ReadAsync(Volume volume, HttpContext context) => ChunkEndpoints.GiveAsync(volume.Project, context, stores, meter);

    /// <summary>Makes a snapshot: what was made, or what is answered otherwise.</summary>
    public Task<(CreatedSnapshot? Made, IResult? Refused)> CommitAsync(Volume volume, CreateSnapshotRequest request, string author, CancellationToken cancellationToken) =>
        SnapshotEndpoints.CommitAsync(volume, request, author, store, history, prunes, cancellationToken);
}
