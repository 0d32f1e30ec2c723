using Adit.Link;

namespace Adit.Runner.Tunnels;

/// <summary>What a tunnel client is told beside its tunnels.</summary>
public sealed record TunnelClientOptions
{
    /// <summary>The client's name on the hub.</summary>
    public required string ClientName { get; init; }

    /// <summary>The program's version.</summary>
    public string? Version { get; init; }

    /// <summary>Targets allowed beyond those of the tunnels.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>The most data connections; 0 for no limit.</summary>
    public int MaxConnections { get; init; } = LinkClientOptions.DefaultMaxConnections;

    /// <summary>Report what programs write instead of letting them write themselves.</summary>
    public bool CaptureProgramOutput { get; init; }

    /// <summary>How long a program may take until it listens.</summary>
    public TimeSpan ProgramPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
