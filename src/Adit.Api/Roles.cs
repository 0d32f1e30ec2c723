using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>What an account may do on the whole hub.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PlatformRole>))]
public enum PlatformRole
{
    /// <summary>What is its own, what is shared with it, and projects that it is a member of.</summary>
    [JsonStringEnumMemberName("user")] User,

    /// <summary>Sees everything, the audit log included, and changes nothing that is not its own.</summary>
    [JsonStringEnumMemberName("auditor")] Auditor,

    /// <summary>Sees and changes everything.</summary>
    [JsonStringEnumMemberName("admin")] Admin,
}

/// <summary>What a member may do in a project. Each role may do what those before it may.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProjectRole>))]
public enum ProjectRole
{
    /// <summary>Sees what is in it and uses what is shared with the project.</summary>
    [JsonStringEnumMemberName("viewer")] Viewer,

    /// <summary>Makes things in it and changes its own.</summary>
    [JsonStringEnumMemberName("member")] Member,

    /// <summary>Changes everything in it, its members below maintainer too.</summary>
    [JsonStringEnumMemberName("maintainer")] Maintainer,

    /// <summary>Also its owners, its settings and its end.</summary>
    [JsonStringEnumMemberName("owner")] Owner,
}
