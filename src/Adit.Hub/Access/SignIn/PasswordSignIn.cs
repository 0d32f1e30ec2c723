using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Sessions;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Finds out whose password it is: asks the source that was named, else the one that the account is of, else each directory in its order.
/// A name that the hub itself knows never waits for a directory, so an admin gets in whatever state that is in.
/// </summary>
internal sealed class PasswordSignIn(
    IEnumerable<IPasswordSource> sources, AccountDirectory accounts, SignInThrottle throttle, KnownDevices devices, SessionRegistry sessions, Reception reception)
{
    private readonly IPasswordSource[] _sources = [.. sources];

    /// <summary>The account of whoever signs in.</summary>
    /// <exception cref="SignInRefusal">It does not get in; that is noted already, unless there is no such source: anybody can make up names of those.</exception>
    public async Task<Account> CheckAsync(SignInRequest request, HttpContext context)
    {
        var typed = request.Name.Trim();
        var name = typed.ToLowerInvariant();
        var asked = SourcesFor(request.Source, name);
        try
        {
            var attempt = throttle.Begin(name, context.Connection.RemoteIpAddress, devices.HomeOf(context, name, sessions));
            try
            {
                var account = await AskAsync(asked, typed, request.Password, context.RequestAborted);
                attempt.WasRight();
                return account;
            }
            catch (SignInRefusal refusal) when (refusal is not { Code: SignInRefusalCode.Wrong } and not { WasGuess: true })
            {
                attempt.WasNoGuess();
                throw;
            }
        }
        catch (SignInRefusal refusal)
        {
            reception.NoteRefusal(context, name, asked[0].Name, refusal);
            throw;
        }
    }

    private IPasswordSource[] SourcesFor(string? wanted, string name)
    {
        if (wanted is not null)
        {
            return _sources.FirstOrDefault(s => s.Name == wanted) is { } named
                ? [named]
                : throw new SignInRefusal(SignInRefusalCode.NoSource, $"There is no way to sign in by password called '{wanted}'.");
        }

        if (accounts.Find(name) is { } known && _sources.FirstOrDefault(s => s.Name == known.Source) is { } own)
            return [own];
        // The hub's own last: it takes its time for names that it does not know, too.
        return [.. _sources.OrderBy(static s => s.Name == Account.LocalSource)];
    }

    // A directory that is down must not keep the next from being asked; when none knows better, its trouble is the answer. It is a guess all
    // the same when another directory has called the password wrong: or else one that is down would let everybody guess at the others. (The
    // hub itself is asked among others only for names that it does not know: what it says then is no news.)
    private static async Task<Account> AskAsync(IPasswordSource[] asked, string name, string password, CancellationToken cancellationToken)
    {
        SignInRefusal? trouble = null;
        var isGuess = false;
        foreach (var source in asked)
        {
            try
            {
                return await source.CheckAsync(source.Name == Account.LocalSource ? name.ToLowerInvariant() : name, password, cancellationToken);
            }
            catch (SignInRefusal refusal) when (refusal.Code is SignInRefusalCode.Wrong or SignInRefusalCode.Unreachable or SignInRefusalCode.Untrusted)
            {
                isGuess |= refusal.Code == SignInRefusalCode.Wrong && source.Name != Account.LocalSource;
                trouble = trouble is null || trouble.Code == SignInRefusalCode.Wrong ? refusal : trouble;
            }
        }

        throw trouble is null ? LocalPasswords.Wrong() : isGuess ? trouble.AsGuess() : trouble;
    }
}
