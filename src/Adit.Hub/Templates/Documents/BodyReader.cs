using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Doors;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tunnels;

namespace Adit.Hub.Templates.Documents;

/// <summary>
/// Makes a <see cref="TemplateBody"/> of a <c>spec</c> that fits the schema, and checks what a schema cannot say: that a limit is no less
/// than a request, that expressions are some, that steps go down. Reports to one collection and always returns something.
/// </summary>
internal sealed class BodyReader(MapNode spec, TemplateProblems problems)
{
    private const int MostSecrets = 16; // At 64 KiB each, half of what Linux lets a program have.
    private static readonly TimeSpan MostStart = TimeSpan.FromDays(1);
    private static readonly TimeSpan MostHold = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MostBetweenSnapshots = TimeSpan.FromDays(1);
    private static readonly TimeSpan MostGrace = TimeSpan.FromHours(1);

    public TemplateBody Read()
    {
        var source = Source((MapNode)spec["source"]!);
        var ports = Items(spec["ports"]).Cast<MapNode>().Select(Port).ToList();
        var twice = Items(spec["ports"]).Cast<MapNode>().GroupBy(static p => Text(p["name"])).FirstOrDefault(static g => g.Count() > 1);
        if (twice is not null)
            problems.Add(twice.Last()["name"]!.At, $"spec.ports: there are two ports '{twice.Key}'");
        return new TemplateBody
        {
            Kind = Text(spec["type"]) == "job" ? TaskKind.Job : TaskKind.Session,
            Source = source,
            Environment = Env(),
            Secrets = Secrets(),
            OpenEnvironment = Flag(spec["openEnv"]) ?? source.OpenCommand,
            Files = Files(),
            Home = Text(spec["home"]) switch { "user" => HomeOwner.User, "project" => HomeOwner.Project, "workspace" => HomeOwner.Workspace, _ => HomeOwner.Task },
            SnapshotEvery = (spec["workspace"] as MapNode)?["every"] is TextNode { Text: "never" } ? TimeSpan.Zero : Span((spec["workspace"] as MapNode)?["every"], MostBetweenSnapshots),
            Resources = Resources(spec["resources"] as MapNode),
            Placement = Placement(spec["placement"] as MapNode),
            Ports = ports,
            Access = Access(spec["auth"] as MapNode, out var most),
            MaxShare = most,
            Idle = new IdleReader(problems).Read(spec["idle"] as MapNode),
            Start = Start(spec["start"] as MapNode),
            StopGrace = Span((spec["stop"] as MapNode)?["grace"], MostGrace) ?? TimeSpan.FromSeconds(10),
            Rates = Rates(spec["cost"] as MapNode),
            MaxPerUser = Whole(spec["maxPerUser"]),
        };
    }

    internal static string? Text(TemplateNode? node) => (node as TextNode)?.Text;

    internal static bool? Flag(TemplateNode? node) => node is TextNode { Type: "boolean" } text ? text.IsTrue : null;

    internal static IReadOnlyList<TemplateNode> Items(TemplateNode? node) => (node as ListNode)?.Items ?? [];

    internal static IReadOnlyList<string> Texts(TemplateNode? node) => [.. Items(node).Select(static i => Text(i)!)];

    internal static int? Whole(TemplateNode? node) => node is TextNode { Type: "integer" } text ? (int)text.Number : null;

    private BodySource Source(MapNode source)
    {
        var image = source["image"] as MapNode;
        var command = Texts(source["command"]);
        var isOpen = Flag(source["openCommand"]) ?? false;
        if (image is null && command.Count == 0 && !isOpen)
            problems.Add(source.At, "spec.source: nothing runs; it needs a command, an image, or openCommand: true");
        if (command.Count > 0 && command[0].Length == 0)
            problems.Add(source["command"]!.At, "spec.source.command: the first item is the program and cannot be empty");
        foreach (var mount in Items(image?["mounts"]).Cast<MapNode>())
        {
            foreach (var end in new[] { mount["source"], mount["target"] }.Where(static end => Text(end)?.StartsWith('/') == false))
                problems.Add(end!.At, $"spec.source.image.mounts: '{TemplateProblems.Shown(Text(end)!)}' is not a full path; it begins with /");
        }

        return new BodySource
        {
            Command = command,
            OpenCommand = isOpen,
            Image = image is null ? null : new ImageSpec { Reference = Text(image["ref"])!, Pull = Text(image["pull"]), CredentialsSecret = Text(image["credentialsSecret"]) },
            Mounts = [.. Items(image?["mounts"]).Cast<MapNode>().Select(static m => new MountSpec(Text(m["source"])!, Text(m["target"])!, Flag(m["readOnly"]) ?? false))],
            IsPrivileged = Flag(image?["privileged"]) ?? false,
            WorkingDirectory = Text(source["workingDir"]),
            User = Text(source["user"]),
        };
    }

    private Dictionary<string, string> Env()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, at, value) in (spec["env"] as MapNode)?.Entries ?? [])
        {
            if (key.StartsWith("ADIT_", StringComparison.Ordinal))
                problems.Add(at, $"spec.env: {key} is Adit's own; choose another name");
            if (value is TextNode)
                all[key] = Text(value)!;
        }

        return all;
    }

    private Dictionary<string, SecretReference> Secrets()
    {
        var all = new Dictionary<string, SecretReference>(StringComparer.Ordinal);
        foreach (var (key, _, value) in (spec["env"] as MapNode)?.Entries ?? [])
        {
            if (value is MapNode secret)
                all[key] = new SecretReference(Text(secret["secret"])!, Text(secret["of"]) == "project");
        }

        if (all.Count > MostSecrets)
            problems.Add(spec["env"]!.At, string.Create(CultureInfo.InvariantCulture, $"spec.env: {all.Count} secrets are too many; a template uses at most {MostSecrets}"));
        return all;
    }

    private Dictionary<string, string> Files()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, at, value) in (spec["files"] as MapNode)?.Entries ?? [])
        {
            if (key.Split('/').Any(static part => part is "" or "." or ".."))
                problems.Add(at, $"spec.files: '{TemplateProblems.Shown(key)}' is not a path below the home directory");
            all[key] = Text(value)!;
        }

        return all;
    }

    private BodyResources Resources(MapNode? resources)
    {
        var cpu = Bounds(resources?["cpu"], 0.5, static node => node.Number);
        var memory = Bounds(resources?["memory"], 512L << 20, static node => ByteSize.Parse(node.Text));
        var gpu = resources?["gpu"] as MapNode;
        var gpus = Whole(gpu?["count"]) ?? 0;
        var mostGpus = Whole(gpu?["max"]) ?? gpus;
        if (gpus > mostGpus)
            problems.Add(gpu!["max"]!.At, $"spec.resources.gpu: max is less than count, which is {gpus}");
        var type = Text(gpu?["type"]);
        return new BodyResources(
            new TaskResources { Cpu = cpu.Request, MemoryBytes = memory.Request, Gpus = gpus, GpuType = type },
            new TaskResources { Cpu = cpu.Limit, MemoryBytes = memory.Limit, Gpus = gpus, GpuType = type },
            new TaskResources { Cpu = cpu.Most, MemoryBytes = memory.Most, Gpus = mostGpus });
    }

    // A request, a limit and the most that may be asked for, of which each may be left out.
    private (T Request, T? Limit, T? Most) Bounds<T>(TemplateNode? node, T request, Func<TextNode, T> read)
        where T : struct, IComparable<T>
    {
        if (node is TextNode one)
            return (read(one), read(one), read(one));
        var map = node as MapNode;
        T? Value(string key) => map?[key] is TextNode text ? read(text) : null;
        var (limit, most) = (Value("limit"), Value("max"));
        var reserved = Value("request") ?? limit ?? (most?.CompareTo(request) < 0 ? most.Value : request);
        if (limit is { } l && reserved.CompareTo(l) > 0)
            problems.Add(map!["limit"]!.At, "spec.resources: the limit is less than the request");
        if (most is { } m && (limit ?? reserved).CompareTo(m) > 0)
            problems.Add(map!["max"]!.At, "spec.resources: max is less than the limit or the request");
        return (reserved, limit, most ?? limit);
    }

    private static TaskPlacement Placement(MapNode? placement) => new()
    {
        Require = ((placement?["require"] as MapNode)?.Entries ?? []).ToDictionary(
            static e => e.Key, static IReadOnlyList<string> (e) => e.Value is ListNode ? Texts(e.Value) : [Text(e.Value)!], StringComparer.Ordinal),
        Prefer = [.. Items(placement?["prefer"]).Cast<MapNode>().Select(static p => new PreferredLabel(Text(p["label"])!, Text(p["value"])!, Whole(p["weight"]) ?? 1))],
        Tolerate = [.. Items(placement?["tolerate"]).Cast<MapNode>().Select(static t => new Taint(Text(t["key"])!, Text(t["value"])))],
    };

    private BodyPort Port(MapNode port)
    {
        var health = port["health"] as MapNode;
        var headers = port["headers"] as MapNode;
        var limits = port["limits"] as MapNode;
        var isHttp = Text(port["type"]) != "tcp";
        var name = Text(port["name"])!;
        if (!isHttp && (health ?? headers ?? port["hostHeader"] ?? port["crossSite"] ?? limits) is { } extra)
            problems.Add(extra.At, $"spec.ports: '{name}' is tcp, and health, headers, hostHeader, crossSite and limits are for http");
        var options = new TunnelOptions
        {
            HostHeader = Text(port["hostHeader"]),
            RequestHeaders = Pairs((headers?["request"] as MapNode)?["set"]),
            RemoveRequestHeaders = Names((headers?["request"] as MapNode)?["remove"]),
            ResponseHeaders = Pairs((headers?["response"] as MapNode)?["set"]),
            RemoveResponseHeaders = Names((headers?["response"] as MapNode)?["remove"]),
            CrossSite = Flag(port["crossSite"]),
            MaxRequestBytes = limits?["body"] is TextNode body ? ByteSize.Parse(body.Text) : null,
            ResponseTimeoutSeconds = Span(limits?["responseTimeout"], TimeSpan.FromDays(1)) is { } wait ? Math.Max(1, (int)wait.TotalSeconds) : null,
        };
        if (TunnelRules.Refusal(options) is { } refusal)
            problems.Add(port.At, $"spec.ports: {name}: {refusal.TrimEnd('.')}");
        var spec = new PortSpec
        {
            Name = name, Port = Whole(port["port"]) ?? 0, IsHttp = isHttp, HealthPath = Text(health?["path"]),
            HealthStatus = health?["expect"] is ListNode expect ? [.. expect.Items.Select(static i => Whole(i) ?? 0)] : null,
        };
        return new BodyPort(spec, options == new TunnelOptions() ? null : options);
    }

    private string Access(MapNode? auth, out AccessLevel most)
    {
        most = Policies.LevelOf(Text(auth?["maxShare"])) ?? AccessLevel.Public;
        var access = Text(auth?["access"]) ?? TunnelAccess.Owner;
        try
        {
            if (Policies.Level(access, null, asksForSecret: false) > most)
                problems.Add(auth!["access"]!.At, $"spec.auth.access: '{TemplateProblems.Shown(access)}' is more than maxShare allows, '{Policies.Word(most)}'");
        }
        catch (FormatException e)
        {
            problems.Add(auth!["access"]!.At, "spec.auth.access: " + e.Message.TrimEnd('.'));
        }

        return access;
    }

    private StartPolicy Start(MapNode? start) => new(
        Span(start?["timeout"], MostStart) is { } timeout ? Max(timeout, TimeSpan.FromSeconds(1)) : TimeSpan.FromSeconds(120),
        Span(start?["hold"], MostHold) ?? TimeSpan.FromSeconds(30),
        Whole(start?["retries"]) ?? 0);

    private static TaskRates? Rates(MapNode? cost) => cost is null ? null : new TaskRates(
        Rate(cost["cpuHour"]), Rate(cost["memoryGiBHour"]), Rate(cost["gpuHour"]), Text(cost["currency"]));

    private static decimal Rate(TemplateNode? node) => node is TextNode text ? decimal.Parse(text.Text, NumberStyles.Float, CultureInfo.InvariantCulture) : 0;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static Dictionary<string, string>? Pairs(TemplateNode? node) =>
        (node as MapNode)?.Entries.ToDictionary(static e => e.Key, static e => Text(e.Value)!, StringComparer.OrdinalIgnoreCase);

    private static IReadOnlyList<string>? Names(TemplateNode? node) => node is ListNode ? Texts(node) : null;

    private TimeSpan? Span(TemplateNode? node, TimeSpan most) => IdleReader.Span(node, most, problems);
}
