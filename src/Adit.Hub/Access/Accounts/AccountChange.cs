using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.Accounts;

/// <summary>PATCH /api/v1/accounts/{name}, with If-Match against two admins who change at once.</summary>
internal static class AccountChange
{
    /// <summary>Serves it.</summary>
    public static async Task<IResult> ServeAsync(
        string name, ChangeAccountRequest request, HttpContext context, AccountDirectory directory, Authority authority, AuditLog audit)
    {
        var caller = context.Caller();
        if (AccountEndpoints.Visible(name, context, directory, authority, Permission.AccountsWrite) is not { } account)
            return Problems.NotFound($"account '{name}'");
        if (Refusal(request, caller, account) is { } refusal)
            return refusal;
        try
        {
            var changed = await directory.ChangeAsync(name, a => Changed(a, request), IfMatch.Of(context.Request).Version);
            var entry = AuditEntry.By(caller, ActionOf(request), "account:" + name, context.Address()) with { Detail = Details(request) };
            await audit.RecordAsync(entry);
            return AccountEndpoints.Answer(changed, context);
        }
        catch (AccountRefusal e)
        {
            return AccountEndpoints.Answer(e);
        }
    }

    private static IResult? Refusal(ChangeAccountRequest request, Caller caller, Account account)
    {
        if (!caller.IsAdmin && (request.Role is not null || request.State is not null || request.Kind is not null))
            return Problems.Forbidden("Only an admin changes the role, the kind or the state of an account.");
        if (!caller.IsAdmin && request.Email is not null && AccountEndpoints.Some(request.Email) != account.Email)
            return Problems.Forbidden("Only an admin changes an e-mail address: applications are told it and may go by it.");
        if (account.Source != Account.LocalSource && (request.DisplayName is not null || request.Email is not null))
            return Problems.Conflict("not-here", $"{account.Source} says what '{account.Name}' is called and gets its post; change it there.");
        if (account.Source != Account.LocalSource && request.Kind is not null)
            return Problems.Conflict("not-here", $"{account.Source} vouches for '{account.Name}': it is a person.");
        if ((request.Role is { } role && !Enum.IsDefined(role)) || request.State is not (null or "active" or "disabled") || AccountEndpoints.Kind(request.Kind) is null)
            return Problems.Invalid("A role is user, auditor or admin; a state active or disabled; a kind person or service.");
        var wrong = AccountRules.DisplayNameRefusal(request.DisplayName) ?? AccountRules.EmailRefusal(request.Email);
        return wrong is null ? null : Problems.Invalid(wrong);
    }

    private static Account Changed(Account account, ChangeAccountRequest request) => account with
    {
        Role = request.Role ?? account.Role,
        Kind = request.Kind is null ? account.Kind : AccountEndpoints.Kind(request.Kind)!.Value,
        State = request.State switch
        {
            "active" => AccountState.Active,
            "disabled" => AccountState.Disabled,
            _ => account.State,
        },
        DisplayName = request.DisplayName is null ? account.DisplayName : AccountEndpoints.Some(request.DisplayName),
        Email = request.Email is null ? account.Email : AccountEndpoints.Some(request.Email),
    };

    private static string ActionOf(ChangeAccountRequest request) => request.State switch
    {
        "disabled" => "account.disable",
        "active" => "account.enable",
        _ => "account.change",
    };

    private static Dictionary<string, string> Details(ChangeAccountRequest request)
    {
        var detail = new Dictionary<string, string>();
        if (request.Role is { } role)
            detail["role"] = AccountEndpoints.Word(role);
        if (request.Kind is { } kind)
            detail["kind"] = kind;
        if (request.DisplayName is { } display)
            detail["displayName"] = display;
        if (request.Email is { } email)
            detail["email"] = email;
        return detail;
    }
}
