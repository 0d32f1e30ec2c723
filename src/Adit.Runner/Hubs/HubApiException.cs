using System.Net;

namespace Adit.Runner.Hubs;

/// <summary>The hub answered a call with a problem (RFC 9457).</summary>
public sealed class HubApiException(HttpStatusCode status, string? code, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>The problem's kind as a word.</summary>
    public string? Code { get; } = code;
}
