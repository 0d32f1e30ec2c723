namespace Adit.Hub.Projects;

/// <summary>Why a change of projects cannot be made, in one sentence for whoever asked.</summary>
internal sealed class ProjectRefusal(ProjectRefusalCode code, string message) : Exception(message)
{
    public ProjectRefusalCode Code { get; } = code;
}

/// <summary>The kinds of refusals. A closed set, mapped once to status codes by the endpoints.</summary>
internal enum ProjectRefusalCode
{
    Invalid,
    NameTaken,
    Unknown,
    UnknownMember,
    Changed,
    LastOwner,
    Forbidden,
    LimitReached,
}
