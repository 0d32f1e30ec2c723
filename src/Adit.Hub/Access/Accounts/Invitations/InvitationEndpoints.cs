using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Accounts.Invitations;

/// <summary>Making and redeeming invitations; an admin resets a password by the same means.</summary>
internal static class InvitationEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapInvitations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/accounts/{name}/invitation", IssueAsync).Needs(Permission.AccountsWrite).Produces<Invitation>(StatusCodes.Status201Created).WithTags("accounts");
        // Whoever is invited is nobody yet: the code is the credential.
        var invitations = routes.MapGroup("/api/v1/invitations").WithTags("invitations");
        invitations.MapGet("/{id}", ShowAsync).NeedsNobody().Produces<InvitedAccount>();
        invitations.MapPost("/redeem", RedeemAsync).NeedsNobody().Produces<CurrentSession>();
    }

    /// <summary>Makes an invitation's answer: the link leads to where people reach the hub.</summary>
    public static async Task<Invitation> IssueForAsync(string account, HttpContext context, InvitationBook book, HubOptions options)
    {
        var (code, expires) = await book.IssueAsync(account, context.Caller().Account);
        context.Response.Headers.CacheControl = "no-store";
        return new Invitation { Url = $"{PublicAddress.Of(context, options)}/invitation#{code}", Expires = expires };
    }

    private static async Task<IResult> IssueAsync(
        string name, HttpContext context, InvitationBook book, AccountDirectory accounts, Authority authority, AuditLog audit, HubOptions options)
    {
        var caller = context.Caller();
        if (!authority.May(caller, Permission.AccountsWrite, new Owned(null)))
            return Problems.NotFound($"account '{name}'");
        if (accounts.Find(name) is not { State: not AccountState.Deleted } account)
            return Problems.NotFound($"account '{name}'");
        if (account is not { Source: Account.LocalSource, Kind: AccountKind.Person })
            return Problems.Conflict("no-password", $"'{name}' has no password here: {(account.Kind == AccountKind.Service ? "it is a service" : account.Source + " vouches for it")}.");
        var invitation = await IssueForAsync(name, context, book, options);
        await audit.RecordAsync(AuditEntry.By(caller, "invitation.create", "account:" + name, context.Address()));
        return TypedResults.Json(invitation, AccountsJson.Default.Invitation, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext context, InvitationBook book, AccountDirectory accounts, GuessThrottles guesses)
    {
        if (guesses.Api.IsHeldUp(context.Connection.RemoteIpAddress))
            return HeldUp(context);
        if (await book.FindAsync(id) is not (var name, var expires) || accounts.Find(name) is not { } account || !MayHavePassword(account))
        {
            guesses.Api.Failed(context.Connection.RemoteIpAddress);
            return Over();
        }

        return TypedResults.Json(
            new InvitedAccount { Account = name, DisplayName = account.DisplayName, Expires = expires }, AccountsJson.Default.InvitedAccount);
    }

    private static async Task<IResult> RedeemAsync(
        RedeemInvitationRequest request,
        HttpContext context,
        InvitationBook book,
        AccountDirectory accounts,
        Passwords passwords,
        SessionRegistry sessions,
        Reception reception,
        GuessThrottles guesses,
        AuditLog audit)
    {
        if (!RequestOrigin.IsOurs(context.Request))
            return Problems.Of(StatusCodes.Status403Forbidden, "csrf", "An invitation is redeemed on the hub's own page; this request came from another's.");
        if (guesses.Api.IsHeldUp(context.Connection.RemoteIpAddress))
            return HeldUp(context);
        if (await book.CheckAsync(request.Code) is not { } name || accounts.Find(name) is not { } account || !MayHavePassword(account))
        {
            guesses.Api.Failed(context.Connection.RemoteIpAddress);
            return Over();
        }

        if (AccountRules.PasswordRefusal(request.Password, account) is { } weak)
            return Problems.Of(StatusCodes.Status400BadRequest, "weak-password", weak);
        if (AccountRules.DisplayNameRefusal(request.DisplayName) is { } refusal)
            return Problems.Invalid(refusal);
        try
        {
            var hash = await passwords.HashAsync(request.Password);
            await accounts.ChangeAsync(
                name,
                a => MayHavePassword(a)
                    ? a with { PasswordHash = hash, DisplayName = request.DisplayName is { Length: > 0 } display ? display : a.DisplayName }
                    : throw new AccountRefusal(AccountRefusalCode.NotHere, $"'{name}' has no password here any more."),
                along: connection => InvitationBook.UseUp(connection, request.Code));
            // Whoever was signed in may be the reason for the new password.
            await sessions.EndWhereAsync(s => s.Account == name);
            await audit.RecordAsync(new AuditEntry("invitation.redeem") { Actor = name, Target = "account:" + name, Address = context.Address() });
            return TypedResults.Json(await reception.AdmitAsync(context, name, Account.LocalSource), SessionsJson.Default.CurrentSession);
        }
        catch (SignInRefusal busy)
        {
            return SignInEndpoints.Answer(busy, context);
        }
        catch (AccountRefusal)
        {
            return Over();
        }
    }

    // It may have become another's or a program's since it was invited.
    private static bool MayHavePassword(Account account) => account is { IsActive: true, Source: Account.LocalSource, Kind: AccountKind.Person };

    private static IResult Over() =>
        Problems.Of(StatusCodes.Status404NotFound, "invitation-over", "This invitation was used, has expired, or never was; ask an admin for another.");

    private static IResult HeldUp(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "60";
        return Problems.Of(StatusCodes.Status429TooManyRequests, "throttled", "Too many wrong codes came from your address; wait a minute.");
    }
}
