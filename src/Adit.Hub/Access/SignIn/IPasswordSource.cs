using Adit.Hub.Access.Accounts;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Something that knows people by name and password: the hub's own accounts, or a company's directory. Answers within its own time limit,
/// whatever its server does; asked by many at one time.
/// </summary>
internal interface IPasswordSource
{
    /// <summary>As configured; <see cref="Account.LocalSource"/> for the hub's own.</summary>
    string Name { get; }

    /// <summary><c>local</c> or <c>ldap</c>.</summary>
    string Kind { get; }

    /// <summary>What people call it.</summary>
    string Title { get; }

    /// <summary>The account of whoever has this name and password, made or brought up to date as the source says.</summary>
    /// <exception cref="SignInRefusal">It is nobody's, or cannot be found out.</exception>
    Task<Account> CheckAsync(string name, string password, CancellationToken cancellationToken);
}
