using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Projects;

/// <summary>/api/v1/projects.</summary>
internal static class ProjectEndpoints
{
    private const int PageSize = 200;
    private const int MostOfOneMaker = 200;
    private const int MostTitle = 200;
    private const int MostDescription = 4000;

    /// <summary>Registers the slice. The directory itself is loaded before there are services.</summary>
    public static IServiceCollection AddProjects(this IServiceCollection services) =>
        services.AddSingleton<ProjectRights>().AddSingleton<ServiceAccounts>()
            .AddSingleton<IProjectContent>(static provider => provider.GetRequiredService<ServiceAccounts>()).AddHostedService<ProjectEnds>()
            .AddSingleton<MemberNames>().AddSingleton<INameUse>(static provider => provider.GetRequiredService<MemberNames>())
            .AddHostedService(static provider => provider.GetRequiredService<MemberNames>());

    /// <summary>Maps the resource.</summary>
    public static void MapProjects(this IEndpointRouteBuilder routes)
    {
        var projects = routes.MapGroup("/api/v1/projects").WithTags("projects");
        projects.MapGet("", List).Needs(Permission.ProjectsRead).Produces<ProjectList>();
        projects.MapPost("", CreateAsync).Needs(Permission.ProjectsWrite).Produces<ApiProject>(StatusCodes.Status201Created);
        projects.MapGet("/{name}", Find).Needs(Permission.ProjectsRead).Produces<ApiProject>();
        projects.MapPatch("/{name}", ChangeAsync).Needs(Permission.ProjectsWrite).Produces<ApiProject>();
        projects.MapDelete("/{name}", DeleteAsync).Needs(Permission.ProjectsWrite).Produces(StatusCodes.Status204NoContent);
        projects.MapPost("/{name}/restore", RestoreAsync).Needs(Permission.ProjectsWrite).Produces<ApiProject>();
        projects.MapProjectMembers();
        projects.MapServiceAccounts();
    }

    private static JsonHttpResult<ProjectList> List(
        HttpContext context, ProjectDirectory projects, ProjectRights rights, HubOptions options, bool deleted = false, string? q = null, string? cursor = null,
        int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = projects.All
            .Where(p => p.Deleted is not null == deleted && string.CompareOrdinal(p.Name, cursor) > 0 && Matches(p, q) && rights.MaySee(caller, p))
            .OrderBy(static p => p.Name, StringComparer.Ordinal)
            .Take(size + 1)
            .Select(p => Of(p, caller, options))
            .ToList();
        return TypedResults.Json(
            new ProjectList { Items = [.. page.Take(size)], Next = page.Count > size ? page[size - 1].Name : null }, ProjectsJson.Default.ProjectList);
    }

    private static IResult Find(string name, HttpContext context, ProjectRights rights, HubOptions options) =>
        rights.Find(name, context.Caller()) is { } project ? Show(project, context, options) : Problems.NotFound($"project '{name}'");

    private static Task<IResult> CreateAsync(
        CreateProjectRequest request, HttpContext context, ProjectDirectory projects, Authority authority, HubOptions options, TimeProvider time) => ProjectAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        if (!authority.MayMake(caller, Permission.ProjectsWrite, null))
            return Problems.Forbidden("This token was made for some projects and makes no others.");
        if (Refusal(request.Name) is { } wrong)
            return Problems.Invalid(wrong);
        if (!caller.IsAdmin && projects.All.Count(p => p.CreatedBy == caller.Account) >= MostOfOneMaker)
            throw new ProjectRefusal(ProjectRefusalCode.LimitReached, $"You have made {MostOfOneMaker} projects; delete some first.");
        var now = time.GetUtcNow();
        var project = Told(
            new Project
            {
                Name = request.Name,
                Created = now,
                CreatedBy = caller.Account,
                Members = [new ProjectMember(MemberKind.Account, caller.Account, ProjectRole.Owner, now)],
            },
            request.Title,
            request.Description,
            request.Visibility);
        await projects.AddAsync(project, Entry(context, "project.create", project.Name));
        context.Response.Headers.Location = $"/api/v1/projects/{project.Name}";
        return Show(project, context, options, StatusCodes.Status201Created);
    });

    private static Task<IResult> ChangeAsync(
        string name, ChangeProjectRequest request, HttpContext context, ProjectDirectory projects, ProjectRights rights, HubOptions options) => ProjectAnswers.OfAsync(async () =>
    {
        if (rights.Find(name, context.Caller()) is null)
            return Problems.NotFound($"project '{name}'");
        var entry = Entry(context, "project.change", name);
        if (request.Visibility is { } visibility)
            entry = entry with { Detail = new Dictionary<string, string> { ["visibility"] = visibility.ToString().ToLowerInvariant() } };
        var project = await projects.ChangeAsync(
            name,
            now =>
            {
                CheckHeld(context, now);
                return Told(now, request.Title, request.Description, request.Visibility);
            },
            entry);
        return Show(project, context, options);
    });

    private static Task<IResult> DeleteAsync(
        string name, HttpContext context, ProjectDirectory projects, ProjectRights rights, TimeProvider time) => ProjectAnswers.OfAsync(async () =>
    {
        if (rights.Find(name, context.Caller()) is null)
            return Problems.NotFound($"project '{name}'");
        await projects.ChangeAsync(
            name,
            now =>
            {
                CheckHeld(context, now);
                return now.Deleted is null ? now with { Deleted = time.GetUtcNow() } : now;
            },
            Entry(context, "project.delete", name));
        return TypedResults.NoContent();
    });

    private static Task<IResult> RestoreAsync(
        string name, HttpContext context, ProjectDirectory projects, ProjectRights rights, HubOptions options) => ProjectAnswers.OfAsync(async () =>
    {
        if (rights.Find(name, context.Caller()) is null)
            return Problems.NotFound($"project '{name}'");
        var project = await projects.ChangeAsync(
            name,
            now =>
            {
                CheckHeld(context, now);
                return now with { Deleted = null };
            },
            Entry(context, "project.restore", name));
        return Show(project, context, options);
    });

    private static void CheckHeld(HttpContext context, Project now)
    {
        ProjectAnswers.CheckVersion(now, context);
        ProjectRights.CheckOwner(context.Caller(), now);
    }

    private static Project Told(Project project, string? title, string? description, ProjectVisibility? visibility)
    {
        if (title?.Length > MostTitle || description?.Length > MostDescription || title?.Any(char.IsControl) == true)
            throw new ProjectRefusal(ProjectRefusalCode.Invalid, $"A title is one line of at most {MostTitle} characters, a description at most {MostDescription}.");
        if (visibility is { } told && !Enum.IsDefined(told))
            throw new ProjectRefusal(ProjectRefusalCode.Invalid, "The visibility is private or internal.");
        return project with
        {
            Title = title is null ? project.Title : title.Length == 0 ? null : title,
            Description = description is null ? project.Description : description.Length == 0 ? null : description,
            Visibility = visibility ?? project.Visibility,
        };
    }

    private static string? Refusal(string? name) => name switch
    {
        null or { Length: 0 or > 63 } => "A project's name has 1 to 63 characters.",
        _ when !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || name[0] == '-' || name[^1] == '-' =>
            "A project's name is a DNS label: use a-z, 0-9 and hyphens inside.",
        _ => null,
    };

    private static bool Matches(Project project, string? text) =>
        text is null || project.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || project.Title?.Contains(text, StringComparison.OrdinalIgnoreCase) == true;

    private static AuditEntry Entry(HttpContext context, string action, string project) =>
        AuditEntry.By(context.Caller(), action, "project:" + project, context.Address());

    private static JsonHttpResult<ApiProject> Show(Project project, HttpContext context, HubOptions options, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.ETag = project.ETag;
        return TypedResults.Json(Of(project, context.Caller(), options), ProjectsJson.Default.ApiProject, statusCode: status);
    }

    private static ApiProject Of(Project project, Caller caller, HubOptions options) => new()
    {
        Name = project.Name,
        Title = project.Title,
        Description = project.Description,
        Visibility = project.Visibility,
        Role = ProjectRights.RoleOf(caller, project),
        May = ProjectRights.Of(caller, project),
        Created = project.Created,
        CreatedBy = project.CreatedBy,
        Deleted = project.Deleted,
        Ends = project.Deleted + options.ProjectGrace,
        Members = project.Members.Count,
    };
}
