using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Projects;

/// <summary>/api/v1/projects/{name}/members: accounts and groups, each with a role. A project always has an owner.</summary>
internal static class ProjectMembers
{
    private const int MostMembers = 1000;

    /// <summary>Maps the resource.</summary>
    public static void MapProjectMembers(this IEndpointRouteBuilder projects)
    {
        projects.MapGet("/{name}/members", List).Needs(Permission.ProjectsRead).Produces<ProjectMemberList>();
        projects.MapPut("/{name}/members/{member}", SetAsync).Needs(Permission.ProjectsWrite).Produces<ApiProjectMember>();
        projects.MapDelete("/{name}/members/{member}", RemoveAsync).Needs(Permission.ProjectsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static IResult List(string name, HttpContext context, ProjectRights rights)
    {
        var caller = context.Caller();
        if (rights.Find(name, caller) is not { } project)
            return Problems.NotFound($"project '{name}'");
        if (!rights.MaySeeMembers(caller, project))
            return Problems.Forbidden($"Only members of the project '{name}' see who the others are.");
        context.Response.Headers.ETag = project.ETag;
        var members = project.Members.OrderByDescending(static m => m.Role).ThenBy(static m => m.Name, StringComparer.Ordinal).Select(Show);
        return TypedResults.Json(new ProjectMemberList { Items = [.. members] }, ProjectsJson.Default.ProjectMemberList);
    }

    private static Task<IResult> SetAsync(
        string name, string member, SetProjectMemberRequest request, HttpContext context, ProjectDirectory projects, ProjectRights rights,
        AccountDirectory accounts, TimeProvider time) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (rights.Find(name, caller) is null)
            return Problems.NotFound($"project '{name}'");
        if (!Enum.IsDefined(request.Role))
            return Problems.Invalid("The role is viewer, member, maintainer or owner.");
        var (kind, who) = Parse(member);
        var next = new ProjectMember(kind, who, request.Role, time.GetUtcNow());
        var entry = Entry(context, "project.member.set", name) with
        {
            Detail = new Dictionary<string, string> { ["member"] = $"{Word(kind)}:{who}", ["role"] = Word(request.Role) },
        };
        var project = await projects.SetMemberAsync(name, next, Check, entry);
        context.Response.Headers.ETag = project.ETag;
        return TypedResults.Json(Show(project.Members.First(m => m.Kind == kind && m.Name == who)), ProjectsJson.Default.ApiProjectMember);

        void Check(Project now, ProjectMember? before)
        {
            ProjectAnswers.CheckVersion(now, context);
            ProjectRights.CheckMembership(caller, now, before?.Role, request.Role);
            if (!IsThere(accounts, kind, who))
                throw new ProjectRefusal(ProjectRefusalCode.UnknownMember, $"{Word(kind)} '{who}'");
            if (before is null && now.Members.Count >= MostMembers)
                throw new ProjectRefusal(ProjectRefusalCode.LimitReached, $"The project '{name}' has {MostMembers} members; add a group instead.");
            CheckOwnerLeft(accounts, now, now.Members.Where(m => m != before).Append(next));
        }
    });

    private static Task<IResult> RemoveAsync(
        string name, string member, HttpContext context, ProjectDirectory projects, ProjectRights rights, AccountDirectory accounts) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (rights.Find(name, caller) is not { } project)
            return Problems.NotFound($"project '{name}'");
        if (!rights.MaySeeMembers(caller, project))
            return Problems.NotFound($"member '{member}' of project '{name}'");
        var (kind, who) = Parse(member);
        var isLeaving = kind == MemberKind.Account && who == caller.Account;
        var entry = Entry(context, "project.member.remove", name) with { Detail = new Dictionary<string, string> { ["member"] = $"{Word(kind)}:{who}" } };
        var isRemoved = await projects.RemoveMemberAsync(name, kind, who, Check, entry);
        return isRemoved ? TypedResults.NoContent() : Problems.NotFound($"member '{member}' of project '{name}'");

        void Check(Project now, ProjectMember before)
        {
            ProjectAnswers.CheckVersion(now, context);
            if (!isLeaving) // Whoever is in may go.
                ProjectRights.CheckMembership(caller, now, before.Role);
            CheckOwnerLeft(accounts, now, now.Members.Where(m => m != before));
        }
    });

    /// <summary>The member that a path names: <c>account:NAME</c>, <c>group:NAME</c>, or a bare name for an account.</summary>
    private static (MemberKind Kind, string Name) Parse(string text) =>
        text.StartsWith("group:", StringComparison.Ordinal) ? (MemberKind.Group, text["group:".Length..])
        : (MemberKind.Account, text.StartsWith("account:", StringComparison.Ordinal) ? text["account:".Length..] : text);

    private static bool IsThere(AccountDirectory accounts, MemberKind kind, string name) =>
        kind == MemberKind.Group ? accounts.FindGroup(name) is not null : accounts.Find(name) is { IsActive: true };

    // A project without anybody who could change it would be an admin's to clean up.
    private static void CheckOwnerLeft(AccountDirectory accounts, Project now, IEnumerable<ProjectMember> members)
    {
        if (now.Members.Any(IsOwner) && !members.Any(IsOwner))
            throw new ProjectRefusal(ProjectRefusalCode.LastOwner, $"The project '{now.Name}' would have no owner; make somebody else one first.");

        bool IsOwner(ProjectMember member) => member.Role == ProjectRole.Owner
            && (member.Kind == MemberKind.Account
                ? accounts.Find(member.Name) is { IsActive: true }
                : accounts.FindGroup(member.Name)?.Members.Any(m => accounts.Find(m.Account) is { IsActive: true }) == true);
    }

    private static ApiProjectMember Show(ProjectMember member) => new() { Kind = member.Kind, Name = member.Name, Role = member.Role, Added = member.Added };

    private static AuditEntry Entry(HttpContext context, string action, string project) =>
        AuditEntry.By(context.Caller(), action, "project:" + project, context.Address());

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
