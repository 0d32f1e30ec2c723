using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// PUT /api/v1/accounts/{name}/password: by its owner, who shows the one until now, or by an admin. Ends all other sessions of the account.
/// A token that may do less than its account sets no first one: the password would be more than it.
/// </summary>
internal static class PasswordChange
{
    /// <summary>Serves it.</summary>
    public static async Task<IResult> ServeAsync(
        string name,
        SetPasswordRequest request,
        HttpContext context,
        AccountDirectory directory,
        Authority authority,
        Passwords passwords,
        SignInThrottle throttle,
        SessionRegistry sessions,
        AuditLog audit)
    {
        var caller = context.Caller();
        if (AccountEndpoints.Visible(name, context, directory, authority, Permission.AccountsWrite) is not { } account)
            return Problems.NotFound($"account '{name}'");
        if (account is not { Source: Account.LocalSource, Kind: AccountKind.Person })
            return Problems.Conflict("no-password", $"'{name}' has no password here: {(account.Kind == AccountKind.Service ? "it is a service" : account.Source + " vouches for it")}.");
        if (caller.Account == name && account.PasswordHash is null && !caller.HasAllOfItsAccount)
            return Problems.Forbidden("This token may do less than its account, so it sets no first password for it; use one with all of its rights, or ask an admin for an invitation.");
        if (AccountRules.PasswordRefusal(request.Password, account) is { } weak)
            return Problems.Of(StatusCodes.Status400BadRequest, "weak-password", weak);
        var entry = AuditEntry.By(caller, "password.change", "account:" + name, context.Address());
        try
        {
            if (caller.Account == name && account.PasswordHash is not null)
                await EnsureCurrentAsync(account, request.Current, context, passwords, throttle);
            var hash = await passwords.HashAsync(request.Password);
            await directory.ChangeAsync(name, a => a with { PasswordHash = hash }, IfMatch.Of(context.Request).Version);
            var current = (context.Items[typeof(Session)] as Session)?.Id;
            await sessions.EndWhereAsync(s => s.Account == name && s.Id != current);
            await audit.RecordAsync(entry);
            return TypedResults.NoContent();
        }
        catch (AccountRefusal refusal)
        {
            return AccountEndpoints.Answer(refusal);
        }
        catch (SignInRefusal refusal)
        {
            audit.RecordSoon(entry with { Outcome = AuditOutcome.Failed });
            return refusal.Code == SignInRefusalCode.Wrong
                ? Problems.Of(StatusCodes.Status403Forbidden, "wrong-password", refusal.Message)
                : SignInEndpoints.Answer(refusal, context);
        }
    }

    // Whoever got hold of a session must not be able to guess its way to the password.
    private static async Task EnsureCurrentAsync(Account account, string? current, HttpContext context, Passwords passwords, SignInThrottle throttle)
    {
        var attempt = throttle.Begin(account.Name, context.Connection.RemoteIpAddress, "password change");
        if (current is not { Length: > 0 and <= AccountRules.LongestPassword }
            || await passwords.VerifyAsync(account.PasswordHash, current) == PasswordVerificationResult.Failed)
        {
            throw new SignInRefusal(SignInRefusalCode.Wrong, "The password until now is wrong.");
        }

        attempt.WasRight();
    }
}
