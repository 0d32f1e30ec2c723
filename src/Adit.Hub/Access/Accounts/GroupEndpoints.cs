using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Accounts;

/// <summary>/api/v1/groups. Admins and auditors see all, others those that they are in; admins change them.</summary>
internal static class GroupEndpoints
{
    private const int PageSize = 200;

    /// <summary>Maps the resource.</summary>
    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/api/v1/groups").WithTags("groups");
        groups.MapGet("", List).Needs(Permission.GroupsRead).Produces<GroupList>();
        groups.MapGet("/{name}", Show).Needs(Permission.GroupsRead).Produces<AccountGroup>();
        groups.MapPut("/{name}", SetAsync).Needs(Permission.GroupsWrite).Produces<AccountGroup>().Produces<AccountGroup>(StatusCodes.Status201Created);
        groups.MapDelete("/{name}", RemoveAsync).Needs(Permission.GroupsWrite).Produces(StatusCodes.Status204NoContent);
        groups.MapPut("/{name}/members/{account}", (string name, string account, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit) =>
            SetMemberAsync(name, account, true, context, directory, authority, audit)).Needs(Permission.GroupsWrite).Produces(StatusCodes.Status204NoContent);
        groups.MapDelete("/{name}/members/{account}", (string name, string account, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit) =>
            SetMemberAsync(name, account, false, context, directory, authority, audit)).Needs(Permission.GroupsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<GroupList> List(HttpContext context, AccountDirectory directory, Authority authority, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = directory.Groups
            .Where(g => string.CompareOrdinal(g.Name, cursor) > 0 && Sees(caller, g, authority))
            .OrderBy(static g => g.Name, StringComparer.Ordinal)
            .Take(size + 1)
            .ToList();
        var list = new GroupList { Items = [.. page.Take(size).Select(static g => View(g, false))], Next = page.Count > size ? page[size - 1].Name : null };
        return TypedResults.Json(list, GroupsJson.Default.GroupList);
    }

    private static IResult Show(string name, HttpContext context, AccountDirectory directory, Authority authority) =>
        directory.FindGroup(name) is { } group && Sees(context.Caller(), group, authority) ? Answer(group, context, StatusCodes.Status200OK) : Problems.NotFound($"group '{name}'");

    private static async Task<IResult> SetAsync(string name, SetGroupRequest request, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit)
    {
        if (Refusal(name, context, directory, authority) is { } refusal)
            return refusal;
        if (AccountRules.NameRefusal(name, "A group") is { } wrong)
            return Problems.Invalid(wrong);
        if (request.Role is { } role && !Enum.IsDefined(role))
            return Problems.Invalid("A group's role is user, auditor or admin, or none.");
        try
        {
            var isNew = directory.FindGroup(name) is null;
            var group = await directory.SetGroupAsync(name, request.Role, IfMatch.Of(context.Request).Version);
            await audit.RecordAsync(AuditEntry.By(context.Caller(), isNew ? "group.create" : "group.change", "group:" + name, context.Address()) with
            {
                Detail = new Dictionary<string, string> { ["role"] = group.Role is { } given ? AccountEndpoints.Word(given) : "none" },
            });
            return Answer(group, context, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
        }
        catch (AccountRefusal e)
        {
            return AccountEndpoints.Answer(e);
        }
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit)
    {
        if (Refusal(name, context, directory, authority) is { } refusal)
            return refusal;
        try
        {
            if (!await directory.RemoveGroupAsync(name, IfMatch.Of(context.Request).Version))
                return Problems.NotFound($"group '{name}'");
            await audit.RecordAsync(AuditEntry.By(context.Caller(), "group.delete", "group:" + name, context.Address()));
            return TypedResults.NoContent();
        }
        catch (AccountRefusal e)
        {
            return AccountEndpoints.Answer(e);
        }
    }

    private static async Task<IResult> SetMemberAsync(
        string name, string account, bool isMember, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit)
    {
        if (Refusal(name, context, directory, authority) is { } refusal)
            return refusal;
        try
        {
            if (await directory.SetMemberAsync(name, account, isMember))
            {
                await audit.RecordAsync(AuditEntry.By(context.Caller(), isMember ? "group.add" : "group.remove", "group:" + name, context.Address()) with
                {
                    Detail = new Dictionary<string, string> { ["account"] = account },
                });
            }

            return TypedResults.NoContent();
        }
        catch (AccountRefusal e)
        {
            return AccountEndpoints.Answer(e);
        }
    }

    private static IResult? Refusal(string name, HttpContext context, AccountDirectory directory, Authority authority)
    {
        var caller = context.Caller();
        if (authority.May(caller, Permission.GroupsWrite, new Owned(null)))
            return null;
        return directory.FindGroup(name) is { } group && Sees(caller, group, authority)
            ? Problems.Forbidden("Only an admin changes groups.")
            : Problems.NotFound($"group '{name}'");
    }

    private static bool Sees(Caller caller, Group group, Authority authority) =>
        authority.May(caller, Permission.GroupsRead, new Owned(caller.Groups.Contains(group.Name) ? caller.Account : null));

    private static JsonHttpResult<AccountGroup> Answer(Group group, HttpContext context, int status)
    {
        context.Response.Headers.ETag = AccountEndpoints.ETag(group.Version);
        return TypedResults.Json(View(group, true), GroupsJson.Default.AccountGroup, statusCode: status);
    }

    private static AccountGroup View(Group group, bool withMembers) => new()
    {
        Name = group.Name,
        Role = group.Role,
        Size = group.Members.Select(static m => m.Account).Distinct(StringComparer.Ordinal).Count(),
        Members = withMembers
            ?
            [
                .. group.Members.OrderBy(static m => m.Account, StringComparer.Ordinal).ThenBy(static m => m.Source, StringComparer.Ordinal)
                    .Select(static m => new AccountGroupMember { Account = m.Account, Source = m.Source }),
            ]
            : null,
        Created = group.Created,
    };
}
