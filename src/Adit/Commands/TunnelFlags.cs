using System.CommandLine;
using System.Globalization;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>The options of <c>adit tunnel http|tcp|tls</c>, and the tunnel they describe.</summary>
internal sealed class TunnelFlags
{
    private readonly TunnelKind _kind;
    private readonly Argument<string?> _target;
    private readonly Option<string?> _to = Text(
        "--to", "TARGET", "The same as TARGET, for any address that this machine can reach: 10.0.0.5:6443.");
    private readonly Option<string?> _name = Text("--name", "NAME", "Its name on the hub: a-z, 0-9 and hyphens. Default: a random one.");
    private readonly Option<string?> _access = Text(
        "--access", "WHO", "Who may use it: owner (the default), project, signed-in, public, group:NAME, user:NAME, or several with commas.");
    private readonly Option<string?> _project = Text("--project", "NAME", "The project it is in, whose members see it. Default: none, or the one it is in.");
    private readonly Option<string[]> _networks = Many("--allow-network", "CIDR", "Only from this network: 10.0.0.0/8, 192.0.2.7.");
    private readonly Option<string[]> _methods = Many("--allow-method", "METHOD", "Only this method.");
    private readonly Option<string[]> _paths = Many("--allow-path", "PATH", "Only this path; '/api/*' is /api and all below.");
    private readonly Option<string[]> _deniedPaths = Many("--deny-path", "PATH", "Not this path, for nobody.");
    private readonly Option<string?> _accessFor = Text("--access-for", "TIME", "End the access for all but the owner after this time: 8h, 7d.");
    private readonly Option<bool> _keep = Flag("--keep", "Keep the name, with a page that says so, while no client serves it.");
    private readonly Option<string?> _exec = Text(
        "--exec", "COMMAND", "Start this program, wait until it listens, expose it, end with it. {port} becomes a free port.");
    private readonly Option<int> _execWait = new("--exec-wait") { Description = "Seconds the program may take until it listens.", HelpName = "SECONDS", DefaultValueFactory = static _ => 60 };
    private readonly Option<string[]> _allow = Many(
        "--allow",
        "HOST:PORT",
        "Also allow the hub to connect here: HOST:PORT, 10.0.0.0/8:8000-8999, unix:/PATH. Default: only the tunnel's target.");
    private readonly Option<string?> _client = Text("--client-name", "NAME", "This client's name on the hub. Default: the machine's.");
    private readonly Option<int> _connections = new("--max-connections")
    {
        Description = "The most data connections to the hub; 0 for no limit.", HelpName = "N", DefaultValueFactory = static _ =>
            LinkClientOptions.DefaultMaxConnections,
    };
    private readonly Option<bool> _json = Flag("--json", "Print one JSON object per line for everything that happens.");
    private readonly Option<string> _port = new("--port") { Description = "The hub's port, or 'auto'. Default: none; the tunnel is private and reached by 'adit connect'.", HelpName = "PORT" };
    private readonly Option<string[]> _hosts = Many("--host", "DOMAIN", "A custom domain that leads here too.");
    private readonly Option<string?> _hostHeader = Text(
        "--host-header", "VALUE", "The Host header the target sees: 'preserve' (default), 'upstream', or a value.");
    private readonly Option<string[]> _headerAdd = Many("--header-add", "NAME:VALUE", "Set a header on requests to the target.");
    private readonly Option<string[]> _headerRemove = Many("--header-remove", "NAME", "Remove a header from requests.");
    private readonly Option<string[]> _responseAdd = Many("--response-header-add", "NAME:VALUE", "Set a header on responses to visitors.");
    private readonly Option<string[]> _responseRemove = Many("--response-header-remove", "NAME", "Remove a header from responses.");
    private readonly Option<string?> _basicAuth = Text(
        "--basic-auth", "USER:PASSWORD", "Ask visitors for this user and password; '@FILE' reads them from a file. [ADIT_BASIC_AUTH]");
    private readonly Option<string?> _visitorToken = Text(
        "--visitor-token", "TOKEN", "Ask visitors for this bearer token; '@FILE' reads it from a file. [ADIT_VISITOR_TOKEN]");
    private readonly Option<bool> _insecure = Flag("--upstream-insecure", "Accept any certificate of the target.");
    private readonly Option<string?> _serverName = Text(
        "--upstream-server-name", "NAME", "The server name to ask of the target's TLS, when it is not its host.");
    private readonly Option<string?> _maxBody = Text("--max-body", "BYTES", "The largest request body, such as 100MB. Default: unlimited.");
    private readonly Option<int?> _timeout = new("--response-timeout") { Description = "Seconds the target may take to the first byte of its answer.", HelpName = "SECONDS" };
    private readonly Option<string> _inspect = new("--inspect") { Description = "Whether the hub keeps the last requests for 'adit tunnel requests'.", HelpName = "on|off", DefaultValueFactory = static _ => "on" };
    private readonly Option<bool> _requests = Flag("--requests", "Print each request also when standard output is not a terminal.");
    private readonly Option<bool> _open = Flag("--open", "Open the tunnel in the browser, signed in.");

    public TunnelFlags(Command command, TunnelKind kind)
    {
        _kind = kind;
        _target = new Argument<string?>("TARGET")
        {
            Description = kind == TunnelKind.Http
                ? "Where it leads: 8888, HOST:PORT, http://…, https://…, h2c://… or unix:/PATH."
                : kind == TunnelKind.Tcp
                    ? "Where it leads: 5432, HOST:PORT, tls://HOST:PORT or unix:/PATH."
                    : "Where it leads: 8443 or HOST:PORT.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        _access.CompletionSources.Add(TunnelAccess.Owner, TunnelAccess.Project, TunnelAccess.SignedIn, TunnelAccess.Public, "group:", "user:");
        _inspect.AcceptOnlyFromAmong("on", "off");
        command.Add(_target);
        Option[] all = [_to, _name, _access, _networks, _accessFor, _project, _keep, _exec, _execWait, _allow, _client, _connections, _json];
        Option[] more = kind switch
        {
            TunnelKind.Http =>
            [
                _methods, _paths, _deniedPaths, _hosts, _hostHeader, _headerAdd, _headerRemove, _responseAdd, _responseRemove, _basicAuth, _visitorToken, _insecure, _serverName,
                _maxBody, _timeout, _inspect, _requests, _open,
            ],
            TunnelKind.Tcp => [_port, _insecure, _serverName],
            _ => [_hosts],
        };
        foreach (var option in all.Concat(more))
            command.Add(option);
    }

    /// <summary>The tunnel that the command line describes.</summary>
    /// <exception cref="FormatException">Something of it is not understood.</exception>
    public TunnelSpec Read(ParseResult parsed)
    {
        var text = parsed.GetValue(_target);
        var to = parsed.GetValue(_to);
        var program = parsed.GetValue(_exec);
        if (text is not null && to is not null)
            throw new FormatException("TARGET and --to say the same thing; give one of them.");
        text ??= to;
        if (text is null && program is null)
            throw new FormatException(
                $"Where shall the tunnel lead? Give a port, HOST:PORT or --exec; see 'adit tunnel {Words.Of(_kind)} --help'.");
        var spec = new TunnelSpec
        {
            Kind = _kind,
            Name = parsed.GetValue(_name),
            Target = text is null ? null : TunnelTarget.Parse(text, _kind),
            Program = program,
            Project = parsed.GetValue(_project),
            Access = new AccessPlan
            {
                Access = parsed.GetValue(_access),
                Networks = [.. parsed.GetValue(_networks) ?? []],
                Methods = _kind == TunnelKind.Http ? [.. parsed.GetValue(_methods) ?? []] : [],
                Paths = _kind == TunnelKind.Http ? [.. parsed.GetValue(_paths) ?? []] : [],
                DeniedPaths = _kind == TunnelKind.Http ? [.. parsed.GetValue(_deniedPaths) ?? []] : [],
                Expires = parsed.GetValue(_accessFor) is { } span ? EndOf(span) : null,
            },
            Keep = parsed.GetValue(_keep),
        };
        return _kind switch
        {
            TunnelKind.Http => ReadHttp(parsed, spec),
            TunnelKind.Tcp => spec with
            {
                Port = ParsePort(parsed.GetValue(_port)),
                UpstreamInsecure = parsed.GetValue(_insecure),
                UpstreamServerName = parsed.GetValue(_serverName),
            },
            _ => spec with { Hosts = [.. parsed.GetValue(_hosts) ?? []] },
        };
    }

    /// <summary>What the command line says about the client around the tunnel.</summary>
    public TunnelSessionOptions ReadSession(ParseResult parsed) => new()
    {
        ClientName = parsed.GetValue(_client) ?? ClientName.OfThisMachine(),
        Allow = parsed.GetValue(_allow) ?? [],
        MaxConnections = parsed.GetValue(_connections),
        ProgramPatience = TimeSpan.FromSeconds(parsed.GetValue(_execWait)),
        Json = parsed.GetValue(_json),
        Requests = _kind == TunnelKind.Http && parsed.GetValue(_requests),
        Open = _kind == TunnelKind.Http && parsed.GetValue(_open),
    };

    private TunnelSpec ReadHttp(ParseResult parsed, TunnelSpec spec)
    {
        foreach (var header in (parsed.GetValue(_headerAdd) ?? []).Concat(parsed.GetValue(_responseAdd) ?? []))
            _ = TunnelSpec.ParseHeader(header);
        var basic = Secret(HubAccessOptions.Value(parsed, _basicAuth, "ADIT_BASIC_AUTH"));
        if (basic is not null && basic.IndexOf(':', StringComparison.Ordinal) < 1)
            throw new FormatException("--basic-auth wants USER:PASSWORD.");
        return spec with
        {
            Hosts = [.. parsed.GetValue(_hosts) ?? []],
            HostHeader = parsed.GetValue(_hostHeader),
            AddRequestHeaders = [.. parsed.GetValue(_headerAdd) ?? []],
            RemoveRequestHeaders = [.. parsed.GetValue(_headerRemove) ?? []],
            AddResponseHeaders = [.. parsed.GetValue(_responseAdd) ?? []],
            RemoveResponseHeaders = [.. parsed.GetValue(_responseRemove) ?? []],
            BasicAuth = basic,
            VisitorToken = Secret(HubAccessOptions.Value(parsed, _visitorToken, "ADIT_VISITOR_TOKEN")),
            UpstreamInsecure = parsed.GetValue(_insecure),
            UpstreamServerName = parsed.GetValue(_serverName),
            MaxRequestBytes = parsed.GetValue(_maxBody) is { } size ? ByteSize.Parse(size) : null,
            ResponseTimeoutSeconds = parsed.GetValue(_timeout),
            Inspect = parsed.GetValue(_inspect) == "off" ? false : null,
        };
    }

    private static DateTimeOffset EndOf(string span) => Duration.TryParse(span, out var time) && time > TimeSpan.Zero
        ? TimeProvider.System.GetUtcNow() + time
        : throw new FormatException($"--access-for wants a time such as 8h or 7d, not '{span}'.");

    private static int? ParsePort(string? text) => text switch
    {
        null => null,
        "auto" or "0" => 0,
        _ when TunnelTarget.TryParsePort(text, out var port) => port,
        _ =>
            throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"--port wants a number from 1 to 65535 or 'auto', not '{text}'.")),
    };

    private static string? Secret(string? value) =>
        value is { Length: > 1 } && value[0] == '@' ? File.ReadAllText(value[1..]).Trim() : value;

    private static Option<string?> Text(string name, string value, string help) => new(name) { Description = help, HelpName = value };

    private static Option<bool> Flag(string name, string help) => new(name) { Description = help };

    private static Option<string[]> Many(string name, string value, string help) =>
        new(name) { Description = help + " May be repeated.", HelpName = value, Arity = ArgumentArity.OneOrMore };
}
