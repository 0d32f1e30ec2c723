namespace Adit.Hub.Edge.Forwarding;

/// <summary>The upstream sent something that is not an HTTP response this forwarder will pass on; the message says what.</summary>
internal sealed class BadResponseException(string message) : Exception(message);

/// <summary>The visitor's request breaks a rule that protects what is behind the hub; the message says which.</summary>
internal sealed class BadRequestException(ForwardError error, string message) : Exception(message)
{
    public ForwardError Error { get; } = error;
}
