namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>A directory refused something or did not answer as it must. The message says what, for its admin.</summary>
internal sealed class LdapException(string message, int resultCode = LdapException.NoResult, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>There was no result at all.</summary>
    public const int NoResult = -1;

    /// <summary>invalidCredentials (RFC 4511 A.1).</summary>
    public const int InvalidCredentials = 49;

    /// <summary>The server's result code (RFC 4511 4.1.9).</summary>
    public int ResultCode { get; } = resultCode;
}
