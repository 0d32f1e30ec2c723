using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>Turns a task's specification into what the engine is asked for.</summary>
internal static class ContainerSpec
{
    /// <summary>Where a container has the task's home directory.</summary>
    public const string Home = "/home/adit";

    private const long DefaultShm = 1L << 30;
    private const int FirstPort = 20_000; // Inside a container all are free; below these are those that images use.

    /// <summary>What the container of an attempt is called.</summary>
    public static string NameOf(TaskSpec spec) => $"adit-{spec.Id}-{spec.Attempt.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Where each port can be dialled, from what is published.</summary>
    public static IReadOnlyDictionary<string, IPEndPoint> Ports(TaskSpec spec, IReadOnlyDictionary<int, IPEndPoint> published)
    {
        var ports = new Dictionary<string, IPEndPoint>();
        foreach (var (name, own) in Inside(spec))
        {
            // One that has ended publishes nothing any more.
            if (published.TryGetValue(own, out var point))
                ports[name] = point;
        }

        return ports;
    }

    /// <summary>The body of the request that makes the container.</summary>
    /// <exception cref="ExecutorException">A placeholder is unknown, a variable impossible.</exception>
    public static JsonObject Of(TaskPlace place, TaskSpec spec, DockerImage image, DockerExecutorOptions options)
    {
        var inside = Inside(spec);
        var fill = Placeholders(spec);
        var body = new JsonObject
        {
            ["Image"] = spec.Image!.Reference,
            ["Env"] = Strings(Environment(spec, image, fill, options)),
            ["WorkingDir"] = spec.WorkingDirectory is { } directory ? fill.Fill(directory, "the working directory") : Home,
            ["Labels"] = new JsonObject
            {
                [DockerExecutor.TaskLabel] = spec.Id,
                [DockerExecutor.AttemptLabel] = spec.Attempt.ToString(CultureInfo.InvariantCulture),
            },
            ["ExposedPorts"] = new JsonObject(inside.Values.Distinct().Select(static p => KeyValuePair.Create<string, JsonNode?>(Tcp(p), new JsonObject()))),
            ["HostConfig"] = Host(place, spec, inside, options),
        };
        if (spec.Command.Count > 0)
        {
            body["Entrypoint"] = Strings(fill.Fill(spec.Command, "the command"));
            body["Cmd"] = new JsonArray();
        }

        if (spec.User is { } user)
            body["User"] = user;
        return body;
    }

    /// <summary>Fills in a task's placeholders as they are inside the container.</summary>
    public static Placeholders Placeholders(TaskSpec spec) => new(Inside(spec), spec.Ports.Count > 0 ? spec.Ports[0].Name : null, Home);

    /// <summary>Environment variables as the engine wants them.</summary>
    /// <exception cref="ExecutorException">A placeholder is unknown, a variable impossible.</exception>
    public static IEnumerable<string> Variables(IReadOnlyDictionary<string, string> environment, Placeholders fill)
    {
        foreach (var (name, value) in environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value.Contains('\0', StringComparison.Ordinal))
                throw new ExecutorException($"'{name}' cannot be an environment variable: it is empty, or has '=' or a zero byte in it.");
            yield return $"{name}={fill.Fill(value, $"the environment variable {name}")}";
        }
    }

    /// <summary>Why a container did not start, as a sentence.</summary>
    public static ExecutorException Explain(TaskSpec spec, DockerException e)
    {
        var command = spec.Command.Count > 0 ? spec.Command[0] : "of the image";
        if (e.Message.Contains("docker-init", StringComparison.Ordinal))
            return new ExecutorException("The container cannot be started: the runner's Docker has no docker-init (package tini or docker-ce).", e);
        if (e.Message.Contains("executable file not found", StringComparison.Ordinal) || e.Message.Contains("exec: \"" + command + "\": stat", StringComparison.Ordinal))
            return new ExecutorException($"The command '{command}' was not found in the image '{spec.Image!.Reference}'.", e);
        if (e.Message.Contains("could not select device driver", StringComparison.Ordinal))
            return new ExecutorException("The container cannot have a GPU: the runner's Docker has no driver for them (install the NVIDIA Container Toolkit).", e);
        return e.Message.Contains("permission denied", StringComparison.Ordinal)
            ? new ExecutorException($"The command '{command}' is not executable in the image '{spec.Image!.Reference}': permission denied.", e)
            : e.For("The container cannot be started");
    }

    private static JsonObject Host(TaskPlace place, TaskSpec spec, IReadOnlyDictionary<string, int> inside, DockerExecutorOptions options)
    {
        var host = new JsonObject
        {
            // A first process of the engine's that passes signals on and collects orphans: most programs are no good first process.
            ["Init"] = true,
            ["Privileged"] = spec.IsPrivileged,
            ["PidsLimit"] = options.MostProcesses,
            ["Mounts"] = new JsonArray([.. spec.Mounts.Prepend(new MountSpec(place.Home(spec.Home), Home)).Select(static m => new JsonObject
            {
                ["Type"] = "bind",
                ["Source"] = m.Source,
                ["Target"] = m.Target,
                ["ReadOnly"] = m.IsReadOnly,
            })]),
            ["PortBindings"] = new JsonObject(inside.Values.Distinct().Select(static p => KeyValuePair.Create<string, JsonNode?>(
                Tcp(p), new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = "" })))),
            // Whatever the engine's own is: the log must be readable and bounded.
            ["LogConfig"] = new JsonObject { ["Type"] = "json-file", ["Config"] = new JsonObject { ["max-size"] = "32m", ["max-file"] = "3" } },
            ["RestartPolicy"] = new JsonObject { ["Name"] = "no" },
        };
        if (spec.Resources.Cpu is { } cpu)
            host["NanoCpus"] = (long)(cpu * 1_000_000_000);
        if (spec.Resources.MemoryBytes is { } memory)
        {
            host["Memory"] = memory;
            host["MemorySwap"] = memory; // Both together: no swap.
        }

        // The engine's own 64 MiB are too few for what loads data with several processes. It counts as the task's memory.
        host["ShmSize"] = spec.Resources.MemoryBytes / 2 ?? DefaultShm;

        if (spec.Resources.Gpus is > 0 and var gpus)
        {
            var request = new JsonObject { ["Capabilities"] = new JsonArray(new JsonArray("gpu")) };
            if (spec.GpuDevices is { Count: > 0 } devices)
                request["DeviceIDs"] = Strings(devices);
            else
                request["Count"] = gpus;
            host["DeviceRequests"] = new JsonArray(request);
        }

        return host;
    }

    private static IEnumerable<string> Environment(TaskSpec spec, DockerImage image, Placeholders fill, DockerExecutorOptions options)
    {
        if (!spec.Environment.ContainsKey("HOME"))
            yield return "HOME=" + Home;
        if (!spec.Environment.ContainsKey("LANG") && !image.Environment.Any(static e => e.StartsWith("LANG=", StringComparison.Ordinal) || e.StartsWith("LC_ALL=", StringComparison.Ordinal)))
            yield return "LANG=" + options.Language;
        foreach (var variable in Variables(spec.Environment, fill))
            yield return variable;
        if (spec.GpuDevices is { Count: 0 })
            yield return "NVIDIA_VISIBLE_DEVICES=void"; // Images of CUDA say "all", which an engine whose default runtime is NVIDIA's does.
        foreach (var name in (spec.Secrets?.Keys ?? []).Order(StringComparer.Ordinal))
        {
            yield return spec.SecretValues?.GetValueOrDefault(name) is { } value && !value.Contains('\0', StringComparison.Ordinal)
                ? $"{name}={value}"
                : throw new ExecutorException($"The secret for the environment variable {name} is missing, or has a zero byte in it.");
        }
    }

    private static Dictionary<string, int> Inside(TaskSpec spec) =>
        spec.Ports.Select(static (p, i) => (p.Name, Port: p.Port > 0 ? p.Port : FirstPort + i)).ToDictionary(static p => p.Name, static p => p.Port);

    private static string Tcp(int port) => port.ToString(CultureInfo.InvariantCulture) + "/tcp";

    private static JsonArray Strings(IEnumerable<string> words) => new([.. words.Select(static w => (JsonNode)JsonValue.Create(w))]);
}
