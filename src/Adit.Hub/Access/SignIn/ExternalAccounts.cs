using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;

namespace Adit.Hub.Access.SignIn;

/// <summary>Somebody as a directory or provider knows it.</summary>
/// <param name="Subject">What it is called there for ever.</param>
/// <param name="Name">What it would like to be called here.</param>
internal sealed record SourcePerson(string Subject, string? Name)
{
    public string? DisplayName { get; init; }

    public string? Email { get; init; }

    /// <summary>The groups here that it is a member of; null when the source does not say.</summary>
    public IReadOnlyCollection<string>? Groups { get; init; }
}

/// <summary>
/// The accounts that a directory or provider vouches for. The first sign-in makes one; each further one brings it up to date. Nobody gets
/// an account that another source, or another person of the same source, has.
/// </summary>
internal sealed class ExternalAccounts(AccountDirectory accounts, AuditLog audit, TimeProvider time)
{
    private const int LongestSubject = 500;

    /// <summary>The account of somebody, as its source tells of it now.</summary>
    /// <exception cref="SignInRefusal">The name is another's, the account may not be used, or what the source says cannot be.</exception>
    public async Task<Account> ReceiveAsync(string source, SourcePerson person)
    {
        if (person.Subject.Length is 0 or > LongestSubject)
            throw new SignInRefusal(SignInRefusalCode.Untrusted, $"'{source}' gave no usable identifier; its admin has to look at the configuration.");
        var account = accounts.FindBySubject(source, person.Subject);
        account = account is null ? await MakeAsync(source, person) : await UpdateAsync(account, source, person);
        if (person.Groups is { } groups)
        {
            var (joined, left) = await accounts.SetGroupsAsync(account.Name, source, groups);
            if (joined.Count + left.Count > 0)
                audit.RecordSoon(GroupsEntry(account, source, joined, left));
        }

        return accounts.Find(account.Name)!;
    }

    private static AuditEntry GroupsEntry(Account account, string source, IReadOnlyList<string> joined, IReadOnlyList<string> left) => new("group.sync")
    {
        Target = "account:" + account.Name,
        Detail = new Dictionary<string, string> { ["source"] = source, ["joined"] = string.Join(' ', joined), ["left"] = string.Join(' ', left) },
    };

    private async Task<Account> MakeAsync(string source, SourcePerson person)
    {
        var name = AccountRules.Sanitized(person.Name)
            ?? throw new SignInRefusal(SignInRefusalCode.Untrusted, $"'{source}' gives you no name that can be one here; its admin has to choose another attribute.");
        if (accounts.Find(name) is { } other)
            throw Taken(name, source, other);
        try
        {
            var made = await accounts.AddAsync(new Account
            {
                Name = name,
                Kind = AccountKind.Person,
                Role = Api.PlatformRole.User,
                Source = source,
                Subject = person.Subject,
                DisplayName = Display(person),
                Created = time.GetUtcNow(),
            });
            made = await UpdateAsync(made, source, person);
            audit.RecordSoon(new AuditEntry("account.create") { Target = "account:" + name, Detail = new Dictionary<string, string> { ["source"] = source } });
            return made;
        }
        catch (AccountRefusal) when (accounts.Find(name) is { } winner)
        {
            // Two first sign-ins at one moment, of the same person or of two.
            return winner.Source == source && winner.Subject == person.Subject ? winner : throw Taken(name, source, winner);
        }
    }

    private async Task<Account> UpdateAsync(Account account, string source, SourcePerson person)
    {
        if (account.State == AccountState.Deleted)
            throw new SignInRefusal(SignInRefusalCode.Disabled, $"The account '{account.Name}' was deleted here; ask an admin.");
        if (!account.IsActive)
            throw new SignInRefusal(SignInRefusalCode.Disabled, $"The account '{account.Name}' is disabled; ask an admin.");
        var (display, email) = (Display(person), Post(person));
        if (account.DisplayName == display && (account.Email == email || (account.Email is null && !accounts.IsFree(email!, account.Name))))
            return account;
        return await accounts.ChangeAsync(account.Name, a => a with { DisplayName = display, Email = email is not null && accounts.IsFree(email, a.Name) ? email : null });
    }

    private static SignInRefusal Taken(string name, string source, Account other) => new(
        SignInRefusalCode.NameTaken,
        other.Source == source
            ? $"'{source}' calls you '{name}', and somebody else whom it knows by another identifier has that account here; ask an admin."
            : $"'{source}' calls you '{name}', and the account of that name here is another's; ask an admin. Accounts are never merged.");

    // What cannot be shown, and an e-mail address that another account has, is left out rather than kept from coming in.
    private static string? Display(SourcePerson person) =>
        person.DisplayName is { Length: > 0 } name && AccountRules.DisplayNameRefusal(name) is null ? name : null;

    private static string? Post(SourcePerson person) => person.Email is { Length: > 0 } email && AccountRules.EmailRefusal(email) is null ? email : null;
}
