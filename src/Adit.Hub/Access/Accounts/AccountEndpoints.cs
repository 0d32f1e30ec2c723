using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Accounts.Invitations;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Access.Accounts;

/// <summary>/api/v1/accounts. Admins and auditors see everybody, others themselves; who may not see an account learns nothing of it.</summary>
internal static class AccountEndpoints
{
    private const int PageSize = 200;

    /// <summary>Registers what accounts need beside the directory.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services) => services.AddSingleton<InvitationBook>();

    /// <summary>Maps the resource.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var accounts = routes.MapGroup("/api/v1/accounts").WithTags("accounts");
        accounts.MapGet("", List).Needs(Permission.AccountsRead).Produces<AccountList>();
        accounts.MapPost("", CreateAsync).Needs(Permission.AccountsWrite).Produces<CreatedAccount>(StatusCodes.Status201Created);
        accounts.MapGet("/{name}", Show).Needs(Permission.AccountsRead).Produces<UserAccount>();
        accounts.MapPatch("/{name}", AccountChange.ServeAsync).Needs(Permission.AccountsWrite).Produces<UserAccount>();
        accounts.MapDelete("/{name}", DeleteAsync).Needs(Permission.AccountsWrite).Produces(StatusCodes.Status204NoContent);
        accounts.MapPut("/{name}/password", PasswordChange.ServeAsync).Needs(Permission.AccountsWrite).Produces(StatusCodes.Status204NoContent);
        routes.MapInvitations();
        routes.MapGroups();
    }

    /// <summary>An account as an answer, with its validator.</summary>
    public static IResult Answer(Account account, HttpContext context)
    {
        context.Response.Headers.ETag = ETag(account.Version);
        return TypedResults.Json(View(account), AccountsJson.Default.UserAccount);
    }

    /// <summary>A refusal as an answer.</summary>
    public static IResult Answer(AccountRefusal refusal) => refusal.Code switch
    {
        AccountRefusalCode.NameTaken => Problems.Conflict("name-taken", refusal.Message),
        AccountRefusalCode.EmailTaken => Problems.Conflict("email-taken", refusal.Message),
        AccountRefusalCode.Unknown => Problems.Of(StatusCodes.Status404NotFound, "not-found", refusal.Message),
        AccountRefusalCode.Changed => Problems.Of(StatusCodes.Status412PreconditionFailed, "changed", refusal.Message),
        AccountRefusalCode.LastAdmin => Problems.Conflict("last-admin", refusal.Message),
        _ => Problems.Conflict("not-here", refusal.Message),
    };

    /// <summary>The version of a validator (RFC 9110 8.8.3).</summary>
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    private static IResult List(
        HttpContext context, AccountDirectory directory, Authority authority, string? q = null, string? kind = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        if (Kind(kind) is not { } wanted)
            return Problems.Invalid("An account's kind is person or service.");
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = directory.All
            .Where(a => a.State != AccountState.Deleted && string.CompareOrdinal(a.Name, cursor) > 0 && Matches(a, q) && (kind is null || a.Kind == wanted)
                && authority.May(caller, Permission.AccountsRead, new Owned(a.Name)))
            .OrderBy(static a => a.Name, StringComparer.Ordinal)
            .Take(size + 1)
            .ToList();
        var list = new AccountList { Items = [.. page.Take(size).Select(View)], Next = page.Count > size ? page[size - 1].Name : null };
        return TypedResults.Json(list, AccountsJson.Default.AccountList);
    }

    private static IResult Show(string name, HttpContext context, AccountDirectory directory, Authority authority) =>
        Visible(name, context, directory, authority, Permission.AccountsRead) is { } account ? Answer(account, context) : Problems.NotFound($"account '{name}'");

    private static async Task<IResult> CreateAsync(
        CreateAccountRequest request, HttpContext context, AccountDirectory directory, Authority authority, InvitationBook book, AuditLog audit, HubOptions options, TimeProvider time)
    {
        var caller = context.Caller();
        if (!authority.May(caller, Permission.AccountsWrite, new Owned(null)))
            return Problems.Forbidden("Only an admin makes accounts.");
        var refusal = AccountRules.NameRefusal(request.Name) ?? AccountRules.DisplayNameRefusal(request.DisplayName) ?? AccountRules.EmailRefusal(request.Email);
        if (refusal is not null)
            return Problems.Invalid(refusal);
        if (Kind(request.Kind) is not { } kind || (request.Role is { } role && !Enum.IsDefined(role)))
            return Problems.Invalid("An account is a person or a service; its role is user, auditor or admin.");
        try
        {
            var account = await directory.AddAsync(new Account
            {
                Name = request.Name,
                Kind = kind,
                Role = request.Role ?? PlatformRole.User,
                DisplayName = Some(request.DisplayName),
                Email = Some(request.Email),
                Created = time.GetUtcNow(),
            });
            var invitation = kind == AccountKind.Person ? await InvitationEndpoints.IssueForAsync(account.Name, context, book, options) : null;
            await audit.RecordAsync(AuditEntry.By(caller, "account.create", "account:" + account.Name, context.Address()) with
            {
                Detail = new Dictionary<string, string> { ["role"] = Word(account.Role), ["kind"] = Word(account.Kind) },
            });
            context.Response.Headers.Location = $"/api/v1/accounts/{account.Name}";
            context.Response.Headers.ETag = ETag(account.Version);
            return TypedResults.Json(
                new CreatedAccount { Account = View(account), Invitation = invitation }, AccountsJson.Default.CreatedAccount, statusCode: StatusCodes.Status201Created);
        }
        catch (AccountRefusal e)
        {
            return Answer(e);
        }
    }

    private static async Task<IResult> DeleteAsync(string name, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit)
    {
        var caller = context.Caller();
        if (!authority.May(caller, Permission.AccountsWrite, new Owned(null)))
            return Problems.NotFound($"account '{name}'");
        try
        {
            await directory.DeleteAsync(name, IfMatch.Of(context.Request).Version);
            await audit.RecordAsync(AuditEntry.By(caller, "account.delete", "account:" + name, context.Address()));
            return TypedResults.NoContent();
        }
        catch (AccountRefusal e)
        {
            return Answer(e);
        }
    }

    /// <summary>An account that this caller may use a permission on; null for none.</summary>
    internal static Account? Visible(string name, HttpContext context, AccountDirectory directory, Authority authority, Permission permission) =>
        directory.Find(name) is { State: not AccountState.Deleted } account && authority.May(context.Caller(), permission, new Owned(name)) ? account : null;

    /// <summary>The kind of a word; null when it is none.</summary>
    internal static AccountKind? Kind(string? word) => word switch
    {
        null or "person" => AccountKind.Person,
        "service" => AccountKind.Service,
        _ => null,
    };

    /// <summary>Empty is none.</summary>
    internal static string? Some(string? text) => text is { Length: > 0 } ? text : null;

    /// <summary>A value of an enumeration as the API says it.</summary>
    internal static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static bool Matches(Account account, string? q) => q is not { Length: > 0 }
        || account.Name.Contains(q, StringComparison.OrdinalIgnoreCase)
        || account.DisplayName?.Contains(q, StringComparison.OrdinalIgnoreCase) == true
        || account.Email?.Contains(q, StringComparison.OrdinalIgnoreCase) == true;

    private static UserAccount View(Account account) => new()
    {
        Name = account.Name,
        Kind = Word(account.Kind),
        Project = account.Project,
        Role = account.Role,
        EffectiveRole = account.EffectiveRole,
        DisplayName = account.DisplayName,
        Email = account.Email,
        Source = account.Source,
        State = Word(account.State),
        Groups = [.. account.Groups.Order(StringComparer.Ordinal)],
        Created = account.Created,
        LastSignIn = account.LastSignIn,
        HasPassword = account is { Source: Account.LocalSource, Kind: AccountKind.Person } ? account.PasswordHash is not null : null,
    };
}
