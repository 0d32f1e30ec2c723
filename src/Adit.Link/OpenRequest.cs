using System.Text.Json.Serialization;

namespace Adit.Link;

/// <summary>
/// The payload of an OPEN record: where a new stream should lead (docs/reference/link.md, "OPEN").
/// </summary>
public sealed record OpenRequest
{
    /// <summary>
    /// What the accepting side should connect the stream to: <c>tcp:HOST:PORT</c>, <c>tls:HOST:PORT</c> (the accepting side does TLS to the
    /// target), <c>unix:PATH</c>; towards a hub <c>tunnel:NAME</c>. At most 1,024 characters.
    /// </summary>
    [JsonPropertyName("to")]
    public required string Target { get; init; }

    /// <summary>The address of whoever caused the stream, for logs: <c>203.0.113.9:51234</c>.</summary>
    [JsonPropertyName("from")]
    public string? From { get; init; }

    /// <summary>
    /// With <c>tls:</c>, accept any certificate. Only honoured when the accepting side's own configuration asks for it too.
    /// </summary>
    [JsonPropertyName("insecure")]
    public bool Insecure { get; init; }

    /// <summary>With <c>tls:</c>, the server name to ask for, when it is not the host of the target.</summary>
    [JsonPropertyName("serverName")]
    public string? ServerName { get; init; }

    /// <summary>With <c>tls:</c>, the ALPN protocols to offer, in order (<c>h2</c>, <c>http/1.1</c>).</summary>
    [JsonPropertyName("alpn")]
    public IReadOnlyList<string>? Alpn { get; init; }
}
