using System.Globalization;
using Adit.Api;
using Adit.Runner.Yaml;

namespace Adit.Runner.Tunnels;

/// <summary>Reads one tunnel of a file of tunnels. Its keys are the flags of <c>adit tunnel http|tcp|tls</c>.</summary>
internal static class TunnelEntry
{
    public static TunnelSpec Read(string name, YamlMap map)
    {
        var kind = ReadKind(map);
        var target = map.Text("to");
        var program = map.Text("exec");
        var spec = new TunnelSpec
        {
            Name = name,
            Kind = kind,
            Target = target is null ? null : Checked(map, "to", () => TunnelTarget.Parse(target, kind)),
            Program = program,
            Project = map.Text("project"),
            Access = ReadAccess(map),
            Keep = map.Flag("keep") ?? false,
        };
        spec = kind == TunnelKind.Http ? ReadHttp(map, spec) : kind == TunnelKind.Tcp ? ReadTcp(map, spec) : spec with { Hosts = [.. map.Texts("hosts") ?? []] };
        map.Finish(); // First: 'too' is a key misspelt rather than a tunnel that leads nowhere.
        if (target is null && program is null)
            throw new YamlFileException(map.File, map.Line, $"tunnel '{name}' leads nowhere; give 'to' or 'exec'");
        return spec;
    }

    private static TunnelKind ReadKind(YamlMap map) => map.Text("kind") switch
    {
        "http" or null => TunnelKind.Http,
        "tcp" => TunnelKind.Tcp,
        "tls" => TunnelKind.Tls,
        var other => throw map.Problem("kind", $"'{other}' is none of http, tcp, tls"),
    };

    private static AccessPlan ReadAccess(YamlMap map) => new()
    {
        Access = ReadWords(map),
        Networks = [.. map.Texts("allow-networks") ?? []],
        Methods = [.. map.Texts("allow-methods") ?? []],
        Paths = [.. map.Texts("allow-paths") ?? []],
        DeniedPaths = [.. map.Texts("deny-paths") ?? []],
        Expires = map.Text("access-until") is not { } until ? null
            : DateTimeOffset.TryParse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at
            : throw map.Problem("access-until", $"'{until}' is no time; write 2027-01-31T18:00Z"),
    };

    private static string? ReadWords(YamlMap map)
    {
        var words = map.Text("access");
        var unknown = words?.Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(static word => !TunnelAccess.IsWord(word));
        return unknown is null ? words : throw map.Problem("access", $"'{unknown}' is none of {TunnelAccess.Forms}");
    }

    private static TunnelSpec ReadTcp(YamlMap map, TunnelSpec spec) => spec with
    {
        Port = map.Text("port") is null or "none" ? null : map.Text("port") == "auto" ? 0 : (int)map.Number("port", 1, 65535)!.Value,
        UpstreamInsecure = map.Flag("upstream-insecure") ?? false,
        UpstreamServerName = map.Text("upstream-server-name"),
    };

    private static TunnelSpec ReadHttp(YamlMap map, TunnelSpec spec) => spec with
    {
        Hosts = [.. map.Texts("hosts") ?? []],
        HostHeader = map.Text("host-header"),
        AddRequestHeaders = Headers(map, "headers"),
        RemoveRequestHeaders = [.. map.Texts("remove-headers") ?? []],
        AddResponseHeaders = Headers(map, "response-headers"),
        RemoveResponseHeaders = [.. map.Texts("remove-response-headers") ?? []],
        BasicAuth = Secret(map, "basic-auth"),
        VisitorToken = Secret(map, "visitor-token"),
        UpstreamInsecure = map.Flag("upstream-insecure") ?? false,
        UpstreamServerName = map.Text("upstream-server-name"),
        MaxRequestBytes = map.Number("max-body", 0, long.MaxValue),
        ResponseTimeoutSeconds = (int?)map.Number("response-timeout", 1, 86_400),
        Inspect = map.Flag("inspect"),
    };

    private static EquatableList<string> Headers(YamlMap map, string key) =>
        [.. (map.Pairs(key) ?? []).Select(pair => Checked(map, key, () =>
        {
            var (name, value) = TunnelSpec.ParseHeader($"{pair.Key}: {pair.Value}");
            return $"{name}: {value}";
        }))];

    // A secret may stay out of the file: 'basic-auth: "@FILE"', or 'basic-auth-env: VARIABLE'.
    private static string? Secret(YamlMap map, string key)
    {
        var text = map.Text(key);
        var variable = map.Text(key + "-env");
        if (variable is not null)
        {
            return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? value
                : throw map.Problem(key + "-env", $"the variable {variable} is not set");
        }

        if (text is not { Length: > 1 } || text[0] != '@')
            return text;
        try
        {
            return File.ReadAllText(text[1..]).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw map.Problem(key, $"{text[1..]} cannot be read: {e.Message}");
        }
    }

    private static T Checked<T>(YamlMap map, string key, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException e)
        {
            throw map.Problem(key, e.Message);
        }
    }
}
