using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Adit.Runner.Executors;

/// <summary>What the engine says of a container.</summary>
internal sealed record ContainerState
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>created, running, paused, restarting, removing, exited, dead.</summary>
    public required string Status { get; init; }

    /// <summary>What it ended with.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Whether something in it was ended because its memory was used up.</summary>
    public required bool IsOutOfMemory { get; init; }

    /// <summary>Why it could not run, in the engine's words; empty when it could.</summary>
    public required string Error { get; init; }

    /// <summary>The task of its labels.</summary>
    public required string? Task { get; init; }

    /// <summary>The attempt of its labels.</summary>
    public required string? Attempt { get; init; }

    /// <summary>Where its ports are published on this machine, by the container's own number.</summary>
    public required IReadOnlyDictionary<int, IPEndPoint> Ports { get; init; }

    /// <summary>Reads the answer to an inspection.</summary>
    public static ContainerState Of(JsonElement answer)
    {
        var state = answer.GetProperty("State");
        var labels = answer.GetProperty("Config").TryGetProperty("Labels", out var l) && l.ValueKind == JsonValueKind.Object ? l : default;
        return new ContainerState
        {
            Id = answer.GetProperty(nameof(Id)).GetString()!,
            Status = state.GetProperty(nameof(Status)).GetString() ?? "",
            ExitCode = state.GetProperty(nameof(ExitCode)).GetInt32(),
            IsOutOfMemory = state.TryGetProperty("OOMKilled", out var oom) && oom.ValueKind == JsonValueKind.True,
            Error = state.TryGetProperty(nameof(Error), out var error) ? error.GetString() ?? "" : "",
            Task = Label(labels, DockerExecutor.TaskLabel),
            Attempt = Label(labels, DockerExecutor.AttemptLabel),
            Ports = Published(answer),
        };
    }

    private static string? Label(JsonElement labels, string name) =>
        labels.ValueKind == JsonValueKind.Object && labels.TryGetProperty(name, out var value) ? value.GetString() : null;

    // "Ports": { "8888/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "49153" } ], "9/tcp": null }
    private static Dictionary<int, IPEndPoint> Published(JsonElement answer)
    {
        var published = new Dictionary<int, IPEndPoint>();
        if (!answer.TryGetProperty("NetworkSettings", out var network) || !network.TryGetProperty(nameof(Ports), out var ports) || ports.ValueKind != JsonValueKind.Object)
            return published;
        foreach (var port in ports.EnumerateObject())
        {
            if (port.Value.ValueKind == JsonValueKind.Array && port.Value.GetArrayLength() > 0
                && int.TryParse(port.Name.Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var own)
                && int.TryParse(port.Value[0].GetProperty("HostPort").GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var host))
            {
                published[own] = new IPEndPoint(IPAddress.Loopback, host);
            }
        }

        return published;
    }
}
