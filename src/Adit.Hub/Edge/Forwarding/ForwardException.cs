namespace Adit.Hub.Edge.Forwarding;

/// <summary>An exchange cannot go on. Thrown and caught within the forwarder only.</summary>
internal sealed class ForwardException(ForwardError error, string? detail = null) : Exception(detail)
{
    public ForwardError Error { get; } = error;

    public string? Detail { get; } = detail;
}
