using Adit.Api;

namespace Adit.Hub.Tunnels;

/// <summary>A tunnel as it is stored: what should be. Immutable.</summary>
internal sealed record TunnelRecord
{
    public required string Name { get; init; }

    public required TunnelKind Kind { get; init; }

    /// <summary>The account that owns it.</summary>
    public required string Account { get; init; }

    /// <summary>The name of the token that made it, for people.</summary>
    public required string Owner { get; init; }

    public required TunnelAccess Access { get; init; }

    public required bool Keep { get; init; }

    /// <summary>Custom host names, beside the one under the hub's domain.</summary>
    public IReadOnlyList<string> CustomHosts { get; init; } = [];

    public int? Port { get; init; }

    /// <summary>The client that serves it whenever it is connected, and where to; both or neither.</summary>
    public string? Client { get; init; }

    public string? Target { get; init; }

    public TunnelOptions? Options { get; init; }

    public required DateTimeOffset Created { get; init; }
}
