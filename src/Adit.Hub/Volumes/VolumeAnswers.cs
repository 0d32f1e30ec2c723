using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Volumes;

/// <summary>What the endpoints of volumes answer alike.</summary>
internal static class VolumeAnswers
{
    /// <summary>The volume that a request is about; otherwise what is answered. Who may not know of a project is told nothing of it.</summary>
    public static async Task<(Volume? Volume, IResult? Refused)> FindAsync(
        string project, string name, HttpContext context, VolumeStore store, VolumeRights rights, bool isWrite)
    {
        var caller = context.Caller();
        if (!rights.MayRead(caller, project) || await store.FindAsync(project, name) is not { } volume)
            return (null, Problems.NotFound($"volume '{Shown(project)}/{Shown(name)}'"));
        return isWrite && !rights.MayWrite(caller, project) ? (null, NotWriter(project)) : (volume, null);
    }

    /// <summary>A volume as the API shows it.</summary>
    public static async Task<ApiVolume> ViewAsync(Volume volume, Caller caller, VolumeStore store, VolumeRights rights) => new()
    {
        Id = volume.Id, Project = volume.Project, Name = volume.Name, Kind = volume.Kind, Description = volume.Description, Created = volume.Created, CreatedBy = volume.CreatedBy,
        Latest = await store.ResolveAsync(volume, Volume.Main),
        Refs = await store.RefsAsync(volume),
        May = rights.Of(caller, volume),
    };

    public static IResult NotWriter(string project) => Problems.Forbidden($"Only members of the project '{project}' make volumes and snapshots in it, with a token that may; ask a maintainer.");

    public static IResult NoSnapshot(Volume volume, string name) => Problems.NotFound($"snapshot '{Shown(name)}' of '{volume.Path}'");

    public static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;
}
