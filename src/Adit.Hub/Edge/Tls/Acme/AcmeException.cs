namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>An ACME authority refused, failed or could not be understood. The message is one line for the operator.</summary>
internal sealed class AcmeException(
    string message, string? type = null, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The problem's type (<c>urn:ietf:params:acme:error:badNonce</c>); null when the authority gave none.</summary>
    public string? Type { get; } = type;

    /// <summary>When the authority wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the problem is the one with this name.</summary>
    public bool Is(string name) => Type == "urn:ietf:params:acme:error:" + name;
}
