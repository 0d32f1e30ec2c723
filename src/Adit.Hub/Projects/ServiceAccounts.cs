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

/// <summary>
/// Accounts of programs that work for a project. Its maintainers make them and their tokens (<see cref="TokenRights"/>); they end with it.
/// </summary>
internal sealed class ServiceAccounts(AccountDirectory accounts) : IProjectContent
{
    private const int MostOfOne = 100;

    /// <summary>All tokens of theirs are dead with them; their names stay taken.</summary>
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        foreach (var account in Of(project))
            await accounts.DeleteAsync(account.Name);
    }

    /// <summary>Makes one.</summary>
    public static Task<IResult> CreateAsync(
        string name, CreateServiceAccountRequest request, HttpContext context, ProjectDirectory projects, ProjectRights rights, ServiceAccounts all,
        AuditLog audit, TimeProvider time) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var role = request.Role ?? ProjectRole.Member;
        if (rights.Find(name, caller) is not { Deleted: null } project)
            return Problems.NotFound($"project '{name}'");
        ProjectRights.CheckMembership(caller, project, role);
        if (!IsName(request.Name) || !Enum.IsDefined(role) || role == ProjectRole.Owner)
            return Problems.Invalid("A service account has a name, 1 to 63 of a-z, 0-9, '-', '_' and '.', and the role viewer, member or maintainer.");
        if (all.Of(name).Count() >= MostOfOne)
            throw new ProjectRefusal(ProjectRefusalCode.LimitReached, $"The project '{name}' has {MostOfOne} service accounts; end some first.");
        var now = time.GetUtcNow();
        await all.AddAsync(new Account { Name = request.Name, Kind = AccountKind.Service, Role = PlatformRole.User, Project = name, Created = now });
        await audit.RecordAsync(AuditEntry.By(caller, "account.create", "account:" + request.Name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["kind"] = "service", ["project"] = name },
        });
        var member = new ProjectMember(MemberKind.Account, request.Name, role, now);
        var entry = AuditEntry.By(caller, "project.member.set", "project:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["member"] = "account:" + request.Name, ["role"] = role.ToString().ToLowerInvariant() },
        };
        await projects.SetMemberAsync(name, member, (held, _) => ProjectRights.CheckMembership(caller, held, role), entry);
        return TypedResults.Json(
            new ApiProjectMember { Kind = MemberKind.Account, Name = request.Name, Role = role, Added = now },
            ProjectsJson.Default.ApiProjectMember,
            statusCode: StatusCodes.Status201Created);
    });

    /// <summary>Ends one, with its tokens.</summary>
    public static Task<IResult> EndAsync(
        string name, string account, HttpContext context, ProjectDirectory projects, ProjectRights rights, ServiceAccounts all, AuditLog audit) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (rights.Find(name, caller) is not { } project || !rights.MaySeeMembers(caller, project) || all.Of(name).All(a => a.Name != account))
            return Problems.NotFound($"service account '{account}' of project '{name}'");
        var entry = AuditEntry.By(caller, "project.member.remove", "project:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["member"] = "account:" + account },
        };
        ProjectRights.CheckMembership(caller, project, project.Members.FirstOrDefault(m => m.Kind == MemberKind.Account && m.Name == account)?.Role);
        await projects.RemoveMemberAsync(name, MemberKind.Account, account, static (_, _) => { }, entry);
        await all.EndOneAsync(account);
        await audit.RecordAsync(AuditEntry.By(caller, "account.delete", "account:" + account, context.Address()));
        return TypedResults.NoContent();
    });

    private IEnumerable<Account> Of(string project) => accounts.All.Where(a => a.Project == project && a.State != AccountState.Deleted);

    private Task<Account> AddAsync(Account account) => accounts.AddAsync(account);

    private Task EndOneAsync(string account) => accounts.DeleteAsync(account);

    private static bool IsName(string? name) =>
        name?.Length is >= 1 and <= 63 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.');
}

/// <summary>/api/v1/projects/{name}/service-accounts.</summary>
internal static class ServiceAccountEndpoints
{
    /// <summary>Maps the resource.</summary>
    public static void MapServiceAccounts(this IEndpointRouteBuilder projects)
    {
        projects.MapPost("/{name}/service-accounts", ServiceAccounts.CreateAsync).Needs(Permission.ProjectsWrite).Produces<ApiProjectMember>(StatusCodes.Status201Created);
        projects.MapDelete("/{name}/service-accounts/{account}", ServiceAccounts.EndAsync).Needs(Permission.ProjectsWrite).Produces(StatusCodes.Status204NoContent);
    }
}
