using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// Hosts that another proxy serves and asks the hub about (<see cref="ForwardAuth"/>). Each is a route of the edge that forwards nothing
/// and answers the gate's own paths.
/// </summary>
internal sealed class ExternalRoutes(
    Database database, RouteTable routes, HostClaims claims, OwnHosts own, HubOptions options, AccessCap cap, IProjectRoles projects, TimeProvider time)
    : INameUse, IProjectContent, IDisposable
{
    private const int MostOrigins = 20;
    private const int MostRoutes = 500;

    private readonly ConcurrentDictionary<string, Held> _routes = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<ExternalRoute> All => [.. _routes.Values.Select(static h => h.Shown).OrderBy(static r => r.Name, StringComparer.Ordinal)];

    /// <summary>Loads what the database has.</summary>
    public async Task LoadAsync()
    {
        var rows = await database.ReadAsync<IReadOnlyList<(string Name, string Owner, string Content)>>(connection =>
            [.. connection.Query<(string, string, string)>("SELECT name, owner, content FROM external_routes")]);
        foreach (var (name, owner, content) in rows)
        {
            var shown = JsonSerializer.Deserialize(content, AccessJson.Default.ExternalRoute)! with { Name = name, Owner = owner };
            var held = Make(shown, owner);
            claims.Claim(held.Hosts, held.Route.Name); // Before the tunnels are loaded, and nobody else has any yet.
            Keep(name, held);
        }
    }

    /// <summary>The route of this name.</summary>
    public ExternalRoute? Find(string name) => _routes.TryGetValue(name, out var held) ? held.Shown : null;

    /// <summary>The validator of a route as it is (RFC 9110 8.8.3).</summary>
    public static string ETag(ExternalRoute route) =>
        $"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(route, AccessJson.Default.ExternalRoute)).AsSpan(0, 8))}\"";

    /// <summary>Makes or replaces a route.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="route">What it shall be.</param>
    /// <param name="owner">Whose it is when it is new.</param>
    /// <param name="isExpected">Asked with the validator of the route that there is, null for none, whether that is what the change was made for.</param>
    /// <returns>What is wrong with it, as a code and a sentence; null when it holds now.</returns>
    /// <exception cref="FormatException">It says something that is no access, rule or origin.</exception>
    public async Task<(string Code, string Detail)?> PutAsync(string name, ExternalRoute route, string owner, Func<string?, bool> isExpected)
    {
        await _turn.WaitAsync();
        try
        {
            _routes.TryGetValue(name, out var before);
            if (!isExpected(before is null ? null : ETag(before.Shown)))
                return ("changed", $"The external route '{name}' is not what you saw: somebody made, changed or removed it meanwhile. Look at it again and repeat the change.");
            var held = Make(route with { Name = name, Owner = before?.Shown.Owner ?? owner }, before?.Shown.Owner ?? owner);
            if (before is null && _routes.Count >= MostRoutes)
                return ("limit-reached", $"There are {MostRoutes} external routes already; remove one.");
            if (held.Hosts.FirstOrDefault(IsOwn) is { } mine)
                throw new FormatException($"{mine} is the hub's own, or under its domain where tunnels are; an external route has another.");
            if (held.Shown.Project is { } project && !projects.IsThere(project))
                throw new FormatException($"There is no project '{project}'.");
            if (held.Hosts.FirstOrDefault(h => routes.Find(h) is { } found && found.Name != held.Route.Name) is { } other)
                return ("host-taken", Taken(other));
            if (claims.Claim(held.Hosts, held.Route.Name) is { } taken)
                return ("host-taken", Taken(taken));
            try
            {
                await database.WriteAsync(connection => Save(connection, held.Shown));
            }
            catch
            {
                claims.Release(held.Hosts.Except(before?.Hosts ?? [], StringComparer.Ordinal), held.Route.Name);
                throw;
            }

            Keep(name, held);
            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Removes a route. False when there is none.</summary>
    public async Task<bool> RemoveAsync(string name)
    {
        await _turn.WaitAsync();
        try
        {
            if (!_routes.TryGetValue(name, out var held))
                return false;
            await database.WriteAsync(connection => connection.Execute("DELETE FROM external_routes WHERE name = @name", new { name }));
            _routes.TryRemove(name, out _);
            routes.Remove(held.Hosts, held.Route);
            claims.Release(held.Hosts, held.Route.Name);
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public async Task<IHeldNames> HoldAsync(string word)
    {
        await _turn.WaitAsync();
        var named = _routes.Values.Select(static h => h.Shown).Where(r => Policies.Names(r.Access, r.Rules, word));
        return new Unnamed(
            this, word, time.GetUtcNow(), [.. named.Select(r => (r, r with { Access = Policies.Without(r.Access, word), Rules = Policies.Without(r.Rules, word) }))]);
    }

    /// <summary>A project ends: a route whose members could pass is none of its any more, and of no other project of that name.</summary>
    async Task IProjectContent.RemoveAsync(string project, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var held = _routes.Values.Where(h => h.Shown.Project == project).Select(h => Make(h.Shown with { Project = null }, h.Shown.Owner!)).ToList();
            if (held.Count == 0)
                return;
            await database.WriteAsync(connection =>
            {
                foreach (var route in held)
                {
                    Save(connection, route.Shown);
                    AuditLog.Add(connection, Forgotten(route.Shown, new() { ["project"] = $"{project} -> -", ["why"] = "the project has ended" }), time.GetUtcNow());
                }
            });
            foreach (var route in held)
                Keep(route.Shown.Name!, route);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static int Save(SqliteConnection connection, ExternalRoute route) => connection.Execute(
        "INSERT INTO external_routes (name, owner, content) VALUES (@Name, @Owner, @content) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
        new { route.Name, route.Owner, content = JsonSerializer.Serialize(route, AccessJson.Default.ExternalRoute) });

    private static AuditEntry Forgotten(ExternalRoute route, Dictionary<string, string> detail) =>
        new("policy.change") { Target = "external:" + route.Name, Detail = detail };

    private void Keep(string name, Held held)
    {
        _routes.TryGetValue(name, out var before);
        _routes[name] = held;
        routes.Set(held.Hosts, held.Route);
        if (before?.Hosts.Except(held.Hosts, StringComparer.Ordinal).ToArray() is { Length: > 0 } gone)
        {
            routes.Remove(gone, before.Route);
            claims.Release(gone, before.Route.Name);
        }
    }

    private bool IsOwn(string host) => own.Contains(host) || host.EndsWith("." + options.Domain, StringComparison.Ordinal)
        || host.Equals(options.PathHost, StringComparison.OrdinalIgnoreCase);

    private static string Taken(string host) => $"The host {host} is that of a tunnel or of another external route.";

    private Held Make(ExternalRoute route, string owner)
    {
        if (route.Origins is not { Count: > 0 and <= MostOrigins })
            throw new FormatException($"An external route has 1 to {MostOrigins} origins, such as https://wiki.example.com.");
        var origins = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in route.Origins)
            origins[Origin(text).Host.ToLowerInvariant()] = Origin(text).GetLeftPart(UriPartial.Authority);
        return new Held(
            route,
            [.. origins.Keys],
            new Route
            {
                Name = "external:" + route.Name,
                Kind = RouteKind.External,
                Policy = Policies.Compile(new PolicySource(owner, route.Access) { Project = route.Project, Rules = route.Rules }, cap),
                Upstream = Nowhere.Instance,
                Meter = new RouteMeter(),
                HubUrl = route.HubUrl is null ? null : Origin(route.HubUrl).GetLeftPart(UriPartial.Authority),
                Origins = origins,
            });
    }

    private static Uri Origin(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.HostNameType == UriHostNameType.Dns && uri.PathAndQuery == "/"
            && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
            ? uri
            : throw new FormatException($"'{text}' is no origin; write scheme, host and where needed port: https://wiki.example.com.");

    private sealed record Held(ExternalRoute Shown, IReadOnlyList<string> Hosts, Route Route);

    // Has the turn of all routes until it is disposed of.
    private sealed class Unnamed(
        ExternalRoutes all, string word, DateTimeOffset at, IReadOnlyList<(ExternalRoute Before, ExternalRoute Now)> routes) : IHeldNames
    {
        public bool Any => routes.Count > 0;

        public void Store(SqliteConnection connection)
        {
            foreach (var (before, now) in routes)
            {
                Save(connection, now);
                var detail = new Dictionary<string, string> { ["access"] = $"{before.Access} -> {now.Access}", ["why"] = $"{word} was removed" };
                if ((before.Rules?.Count ?? 0) is var was && (now.Rules?.Count ?? 0) is var left && was != left)
                    detail["rules"] = string.Create(CultureInfo.InvariantCulture, $"{was} -> {left}");
                AuditLog.Add(connection, Forgotten(now, detail), at);
            }
        }

        public void Apply()
        {
            foreach (var (_, now) in routes)
                all.Keep(now.Name!, all.Make(now, now.Owner!));
        }

        public void Dispose() => all._turn.Release();
    }

    private sealed class Nowhere : Upstream
    {
        public static readonly Nowhere Instance = new();

        public override UpstreamProtocol Protocol => UpstreamProtocol.Http1;

        public override bool IsUp => false;

        public override string Authority => "external";

        public override ValueTask<Link.LinkStream> OpenAsync(string? from, CancellationToken cancellationToken) =>
            throw new Link.LinkStreamException(Link.ResetCode.Unreachable, "Another proxy serves this address.");
    }
}
