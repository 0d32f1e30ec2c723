using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Projects;

namespace Adit.Hub.Volumes;

/// <summary>What a caller may do with the volumes of a project: viewers read them, members write them, maintainers remove what others made.</summary>
internal sealed class VolumeRights(Authority authority, ProjectDirectory projects)
{
    /// <summary>Whether a caller may see the volumes of a project.</summary>
    public bool MayRead(Caller caller, string project) => projects.IsThere(project) && authority.May(caller, Permission.VolumesRead, new Owned(null, project));

    /// <summary>Whether a caller may make volumes and snapshots in a project.</summary>
    public bool MayWrite(Caller caller, string project) => authority.MayMake(caller, Permission.VolumesWrite, project);

    /// <summary>Whether a caller may remove a volume.</summary>
    public bool MayRemove(Caller caller, Volume volume) => authority.May(caller, Permission.VolumesWrite, new Owned(volume.CreatedBy, volume.Project));

    /// <summary>What a caller may do with a volume beside seeing it.</summary>
    public string[] Of(Caller caller, Volume volume) =>
        [.. MayWrite(caller, volume.Project) ? ["write"] : Array.Empty<string>(), .. MayRemove(caller, volume) ? ["remove"] : Array.Empty<string>()];
}
