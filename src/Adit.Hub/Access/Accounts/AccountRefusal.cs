namespace Adit.Hub.Access.Accounts;

/// <summary>Why a change of accounts cannot be made, in one sentence for whoever asked.</summary>
internal sealed class AccountRefusal(AccountRefusalCode code, string message) : Exception(message)
{
    public AccountRefusalCode Code { get; } = code;
}

/// <summary>The kinds of refusals.</summary>
internal enum AccountRefusalCode
{
    NameTaken,
    EmailTaken,
    Unknown,
    Changed,
    LastAdmin,

    /// <summary>Somebody else says so, and would say it again.</summary>
    NotHere,
}
