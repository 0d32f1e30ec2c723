using Adit.Api;

namespace Adit.Runner.Tunnels;

/// <summary>
/// One tunnel as its user asks for it: on the command line, or in a file of tunnels. Compared by value when a file changes.
/// </summary>
public sealed record TunnelSpec
{
    /// <summary>The name; null takes a random one.</summary>
    public string? Name { get; init; }

    /// <summary>How it is reached.</summary>
    public required TunnelKind Kind { get; init; }

    /// <summary>Where it leads; null only with <see cref="Program"/>, whose port it leads to then.</summary>
    public TunnelTarget? Target { get; init; }

    /// <summary>A program to start and expose.</summary>
    public string? Program { get; init; }

    /// <summary>The project it is in; null for none, or the one it is in already.</summary>
    public string? Project { get; init; }

    /// <summary>Who may use it.</summary>
    public AccessPlan Access { get; init; } = new();

    /// <summary>Whether the name outlives this client.</summary>
    public bool Keep { get; init; }

    /// <summary>For kind tcp: the hub's port; 0 picks one; null opens none.</summary>
    public int? Port { get; init; }

    /// <summary>Custom domains.</summary>
    public EquatableList<string> Hosts { get; init; } = [];

    /// <summary>The Host header the target sees.</summary>
    public string? HostHeader { get; init; }

    /// <summary>Headers set on requests, as <c>Name: value</c>.</summary>
    public EquatableList<string> AddRequestHeaders { get; init; } = [];

    /// <summary>Headers removed from requests.</summary>
    public EquatableList<string> RemoveRequestHeaders { get; init; } = [];

    /// <summary>Headers set on responses, as <c>Name: value</c>.</summary>
    public EquatableList<string> AddResponseHeaders { get; init; } = [];

    /// <summary>Headers removed from responses.</summary>
    public EquatableList<string> RemoveResponseHeaders { get; init; } = [];

    /// <summary><c>user:password</c> for visitors.</summary>
    public string? BasicAuth { get; init; }

    /// <summary>A bearer token for visitors.</summary>
    public string? VisitorToken { get; init; }

    /// <summary>Accept any certificate of the target.</summary>
    public bool UpstreamInsecure { get; init; }

    /// <summary>The server name asked of the target.</summary>
    public string? UpstreamServerName { get; init; }

    /// <summary>The largest request body in bytes.</summary>
    public long? MaxRequestBytes { get; init; }

    /// <summary>Seconds the target may take to the first byte of its answer.</summary>
    public int? ResponseTimeoutSeconds { get; init; }

    /// <summary>Whether the hub keeps the last requests for inspection; null leaves it to the hub.</summary>
    public bool? Inspect { get; init; }

    /// <summary>What to ask of the hub.</summary>
    /// <param name="name">The name, once it is known.</param>
    /// <param name="link">The link that serves it.</param>
    public CreateTunnelRequest ToRequest(string? name, string link) => new()
    {
        Name = name ?? Name,
        Kind = Kind,
        Target = (Target ?? throw new InvalidOperationException("The program's port is not known yet.")).ToString(),
        Link = link,
        Keep = Keep,
        Project = Project,
        Access = Access.Word,
        Rules = Access.Rules(BasicAuth is not null, VisitorToken is not null),
        Port = Port,
        Hosts = Hosts.Count > 0 ? Hosts : null,
        Options = ToOptions(),
    };

    private TunnelOptions? ToOptions()
    {
        var options = new TunnelOptions
        {
            HostHeader = HostHeader,
            RequestHeaders = ToHeaders(AddRequestHeaders),
            RemoveRequestHeaders = RemoveRequestHeaders.Count > 0 ? RemoveRequestHeaders : null,
            ResponseHeaders = ToHeaders(AddResponseHeaders),
            RemoveResponseHeaders = RemoveResponseHeaders.Count > 0 ? RemoveResponseHeaders : null,
            BasicAuth = BasicAuth,
            VisitorToken = VisitorToken,
            InsecureUpstream = UpstreamInsecure ? true : null,
            UpstreamServerName = UpstreamServerName,
            MaxRequestBytes = MaxRequestBytes,
            ResponseTimeoutSeconds = ResponseTimeoutSeconds,
            Inspect = Inspect,
        };
        return options == new TunnelOptions() ? null : options;
    }

    /// <summary>Splits <c>Name: value</c> or <c>Name=value</c>.</summary>
    /// <exception cref="FormatException">It is neither, or no header name.</exception>
    public static (string Name, string Value) ParseHeader(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var cut = text.AsSpan().IndexOfAny(':', '=');
        var name = cut > 0 ? text[..cut].Trim() : "";
        // RFC 9110 5.6.2: a field name is a token.
        if (name.Length == 0
            || !name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
            throw new FormatException($"'{text}' is no header; write 'Name: value'.");
        var value = text[(cut + 1)..].Trim();
        return value.AsSpan().ContainsAny('\r', '\n', '\0')
            ? throw new FormatException($"The value of header {name} contains a line break or NUL, which no header may.")
            : (name, value);
    }

    private static Dictionary<string, string>? ToHeaders(EquatableList<string> lines)
    {
        if (lines.Count == 0)
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in lines.Select(ParseHeader))
            headers[name] = value;
        return headers;
    }
}
