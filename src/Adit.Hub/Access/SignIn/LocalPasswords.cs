using Adit.Hub.Access.Accounts;
using Microsoft.AspNetCore.Identity;

namespace Adit.Hub.Access.SignIn;

/// <summary>The hub's own accounts with passwords.</summary>
internal sealed class LocalPasswords(AccountDirectory accounts, Passwords passwords) : IPasswordSource
{
    public string Name => Account.LocalSource;

    public string Kind => "local";

    public string Title => "Name and password";

    /// <inheritdoc />
    public async Task<Account> CheckAsync(string name, string password, CancellationToken cancellationToken)
    {
        var account = accounts.Find(name) is { Source: Account.LocalSource, Kind: AccountKind.Person, State: not AccountState.Deleted } known ? known : null;
        var result = await passwords.VerifyAsync(account?.PasswordHash, password);
        if (account is null || result == PasswordVerificationResult.Failed)
            throw Wrong();
        if (!account.IsActive)
            throw new SignInRefusal(SignInRefusalCode.Disabled, $"The account '{account.Name}' is disabled; ask an admin.");
        // Made when a weaker hash was good enough: now that the password is here, it gets a good one.
        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            var hash = await passwords.HashAsync(password);
            return await accounts.ChangeAsync(account.Name, a => a.PasswordHash == account.PasswordHash ? a with { PasswordHash = hash } : a);
        }

        return account;
    }

    /// <summary>The one answer to a wrong name and to a wrong password.</summary>
    public static SignInRefusal Wrong() => new(SignInRefusalCode.Wrong, "The name or the password is wrong.");
}
