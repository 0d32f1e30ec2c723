using Adit.Api;
using Adit.Hub.Edge;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Tunnels that are ports of tasks: made and removed with them, and otherwise tunnels like any other, to share, embed, look into and measure.
/// The task slice's way in; it alone says when they are served.
/// </summary>
internal interface ITaskTunnels
{
    /// <summary>Whether it might be made as it is asked for; makes nothing.</summary>
    /// <exception cref="TunnelRefusal">It would be open further than this hub allows.</exception>
    void Check(TaskTunnel tunnel);

    /// <summary>Makes the tunnel of a port, or has one that is there for the same task as it is asked for.</summary>
    /// <exception cref="TunnelRefusal">Its name is taken, or it would be open further than this hub allows; nothing was changed.</exception>
    /// <exception cref="Storage.StorageException">It could not be stored; nothing was changed.</exception>
    Task MakeAsync(TaskTunnel tunnel);

    /// <summary>From now on visitors are led to the task over this link. Does nothing for a tunnel that is not there.</summary>
    void Serve(string name, HubLink link);

    /// <summary>From now on they are not.</summary>
    void Unserve(string name);

    /// <summary>Removes it, if it is there and of this task. What is open through it is closed.</summary>
    Task RemoveAsync(string name, string task, string reason);

    /// <summary>Where it leads; null when it is not there.</summary>
    Upstream? UpstreamOf(string name);

    /// <summary>Where its traffic is counted; null when it is not there.</summary>
    RouteMeter? MeterOf(string name);

    /// <summary>The names of all of them, by task.</summary>
    ILookup<string, string> Names { get; }
}

/// <summary>Who stands in for tasks that are not ready. The task slice's.</summary>
internal interface ITaskKeepers
{
    /// <summary>The keeper of a task, the same object each time as long as there is the task.</summary>
    IRouteKeeper Of(string task);
}

/// <summary>A port of a task, as a tunnel.</summary>
/// <param name="Name">The tunnel's name.</param>
/// <param name="Task">The task's id.</param>
/// <param name="Port">The port's name.</param>
/// <param name="Kind">How it is reached.</param>
internal sealed record TaskTunnel(string Name, string Task, string Port, TunnelKind Kind)
{
    /// <summary>The account that owns the task.</summary>
    public required string Account { get; init; }

    /// <summary>The name and id of the token that made it.</summary>
    public required string Maker { get; init; }

    /// <inheritdoc cref="Maker"/>
    public required string TokenId { get; init; }

    public string? Project { get; init; }

    public required string Access { get; init; }

    public TunnelOptions? Options { get; init; }
}
