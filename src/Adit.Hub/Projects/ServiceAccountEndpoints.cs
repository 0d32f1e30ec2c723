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

/// <summary>/api/v1/projects/{name}/service-accounts: seen by the project's members, changed by whoever may change a member of their role.</summary>
internal static class ServiceAccountEndpoints
{
    /// <summary>Maps the resource.</summary>
    public static void MapServiceAccounts(this IEndpointRouteBuilder projects)
    {
        projects.MapGet("/{name}/service-accounts", List).Needs(Permission.ProjectsRead).Produces<ServiceAccountList>();
        projects.MapPost("/{name}/service-accounts", CreateAsync).Needs(Permission.ProjectsWrite).Produces<ServiceAccount>(StatusCodes.Status201Created);
        projects.MapPatch("/{name}/service-accounts/{account}", ChangeAsync).Needs(Permission.ProjectsWrite).Produces<ServiceAccount>();
        projects.MapDelete("/{name}/service-accounts/{account}", EndAsync).Needs(Permission.ProjectsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static IResult List(
        string name, HttpContext context, ProjectRights rights, ServiceAccounts services, TokenRegistry tokens, TokenRights tokenRights, TimeProvider time)
    {
        var caller = context.Caller();
        if (rights.Find(name, caller) is not { } project)
            return Problems.NotFound($"project '{name}'");
        if (!rights.MaySeeMembers(caller, project))
            return Problems.Forbidden($"Only members of the project '{name}' see its service accounts.");
        var all = services.Of(name).ToList();
        var names = all.Select(static a => a.Name).ToHashSet(StringComparer.Ordinal);
        var theirs = tokens.List(account => names.Contains(account) && tokenRights.MaySee(caller, account)).ToLookup(static t => t.Account);
        var now = time.GetUtcNow();
        var items = all.Select(account => tokenRights.MaySee(caller, account.Name)
            ? Show(account, project) with
            {
                Tokens = theirs[account.Name].Count(t => t.Revoked is null && !(t.Expires <= now)),
                LastUsed = theirs[account.Name].Max(static t => t.LastUsed),
            }
            : Show(account, project));
        return TypedResults.Json(new ServiceAccountList { Items = [.. items] }, ServiceAccountsJson.Default.ServiceAccountList);
    }

    private static Task<IResult> CreateAsync(
        string name, CreateServiceAccountRequest request, HttpContext context, ProjectDirectory projects, ProjectRights rights, ServiceAccounts services,
        AccountDirectory accounts, AuditLog audit, TimeProvider time) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var role = request.Role ?? ProjectRole.Member;
        if (rights.Find(name, caller) is not { Deleted: null } project)
            return Problems.NotFound($"project '{name}'");
        ProjectRights.CheckMembership(caller, project, role);
        if (AccountRules.NameRefusal(request.Name, "A service account") is { } refusal)
            return Problems.Invalid(refusal);
        if (!Enum.IsDefined(role) || role == ProjectRole.Owner)
            return Problems.Invalid("A service account's role is viewer, member or maintainer.");
        if (services.Of(name).Count() >= ServiceAccounts.MostOfOne)
            throw new ProjectRefusal(ProjectRefusalCode.LimitReached, $"The project '{name}' has {ServiceAccounts.MostOfOne} service accounts; remove some first.");
        var now = time.GetUtcNow();
        var account = await accounts.AddAsync(new Account { Name = request.Name, Kind = AccountKind.Service, Role = PlatformRole.User, Project = name, Created = now });
        await audit.RecordAsync(AuditEntry.By(caller, "account.create", "account:" + account.Name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["kind"] = "service", ["project"] = name },
        });
        var entry = AuditEntry.By(caller, "project.member.set", "project:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["member"] = "account:" + account.Name, ["role"] = role.ToString().ToLowerInvariant() },
        };
        var member = new ProjectMember(MemberKind.Account, account.Name, role, now);
        project = await projects.SetMemberAsync(name, member, (held, _) => ProjectRights.CheckMembership(caller, held, role), entry);
        return TypedResults.Json(Show(account, project), ServiceAccountsJson.Default.ServiceAccount, statusCode: StatusCodes.Status201Created);
    });

    private static Task<IResult> ChangeAsync(
        string name, string account, ChangeServiceAccountRequest request, HttpContext context, ProjectRights rights, ServiceAccounts services,
        AccountDirectory accounts, AuditLog audit) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (Held(name, account, caller, rights, services) is not { } project)
            return Problems.NotFound($"service account '{account}' of project '{name}'");
        if (request.State is not ("active" or "disabled"))
            return Problems.Invalid("A service account's state is active or disabled.");
        var isActive = request.State == "active";
        var changed = await accounts.ChangeAsync(account, a => a with { State = isActive ? AccountState.Active : AccountState.Disabled });
        await audit.RecordAsync(AuditEntry.By(caller, isActive ? "account.enable" : "account.disable", "account:" + account, context.Address()));
        return TypedResults.Json(Show(changed, project), ServiceAccountsJson.Default.ServiceAccount);
    });

    private static Task<IResult> EndAsync(
        string name, string account, HttpContext context, ProjectDirectory projects, ProjectRights rights, ServiceAccounts services, AccountDirectory accounts,
        AuditLog audit) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (Held(name, account, caller, rights, services) is null)
            return Problems.NotFound($"service account '{account}' of project '{name}'");
        var entry = AuditEntry.By(caller, "project.member.remove", "project:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["member"] = "account:" + account },
        };
        await projects.RemoveMemberAsync(name, MemberKind.Account, account, static (_, _) => { }, entry);
        await accounts.DeleteAsync(account);
        await audit.RecordAsync(AuditEntry.By(caller, "account.delete", "account:" + account, context.Address()));
        return TypedResults.NoContent();
    });

    /// <summary>The project of a service account that the caller may change; null when it may not know of it.</summary>
    /// <exception cref="ProjectRefusal">It may see the account and not change it.</exception>
    private static Project? Held(string name, string account, Caller caller, ProjectRights rights, ServiceAccounts services)
    {
        if (rights.Find(name, caller) is not { } project || !rights.MaySeeMembers(caller, project) || services.Find(name, account) is null)
            return null;
        ProjectRights.CheckMembership(caller, project, RoleOf(account, project));
        return project;
    }

    private static ProjectRole? RoleOf(string account, Project project) => project.Members.FirstOrDefault(m => m.Kind == MemberKind.Account && m.Name == account)?.Role;

    private static ServiceAccount Show(Account account, Project project) => new()
    {
        Name = account.Name,
        Project = project.Name,
        Role = RoleOf(account.Name, project),
        State = account.IsActive ? "active" : "disabled",
        Created = account.Created,
    };
}
