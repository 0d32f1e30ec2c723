using Adit.Api;

namespace Adit.Runner.Agent;

/// <summary>What a runner is told when it starts.</summary>
public sealed record RunnerOptions
{
    /// <summary>What it would be called; the hub's name for it holds once it has one.</summary>
    public required string Name { get; init; }

    /// <summary>The directory that it keeps everything in: its installation, its tasks, their homes and logs.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>This program's version.</summary>
    public required string Version { get; init; }

    /// <summary>Its own labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its own taints.</summary>
    public IReadOnlyList<Taint> Taints { get; init; } = [];

    /// <summary>Whether only its owner's tasks run here, unless somebody says otherwise on the hub.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>Whether the hub is in the same process, so that tasks run as the hub's own user.</summary>
    public bool IsHubUser { get; init; }

    /// <summary>Chooses ports.</summary>
    public Random Random { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What a runner reports to whoever started it.</summary>
/// <param name="Text">One sentence.</param>
/// <param name="IsTrouble">Whether somebody should look.</param>
public sealed record RunnerNote(string Text, bool IsTrouble = false);
