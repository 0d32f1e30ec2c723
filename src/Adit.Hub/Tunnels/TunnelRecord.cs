using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;

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

    /// <summary>The id of that token, whose limits hold; of several, the latest.</summary>
    public required string TokenId { get; init; }

    /// <summary>The project it is in; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>Whose it is, for <see cref="Authority"/>.</summary>
    public Owned Belonging => new(Account, Project);

    /// <summary>Who may use it, where no rule says otherwise; as <see cref="Policies.Subjects"/> reads it.</summary>
    public required string Access { get; init; }

    /// <summary>What comes before that; null for none.</summary>
    public IReadOnlyList<AccessRule>? Rules { get; init; }

    public required bool Keep { get; init; }

    /// <summary>Custom host names, beside the one under the hub's domain.</summary>
    public IReadOnlyList<string> CustomHosts { get; init; } = [];

    public int? Port { get; init; }

    /// <summary>The client that serves it whenever it is connected, and where to; both or neither.</summary>
    public string? Client { get; init; }

    public string? Target { get; init; }

    public TunnelOptions? Options { get; init; }

    /// <summary>The id of the task whose port it is; null for none.</summary>
    public string? Task { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether it is open to anybody, as far as no rule says otherwise.</summary>
    public bool IsPublic => Access.Split(',', StringSplitOptions.TrimEntries).Contains(TunnelAccess.Public);

    /// <summary>What its clients last asked for; null for one that none ever served.</summary>
    public TunnelAsk? Asked { get; init; }

    /// <summary>What a request to serve a tunnel makes of the record that is there, if one is.</summary>
    public static TunnelRecord Of(CreateTunnelRequest request, Caller caller, string name, TunnelRecord? before, TimeProvider time)
    {
        var ask = TunnelAsk.Of(request);
        var last = before?.Asked;
        var client = request.Client ?? before?.Client;
        var isNewWho = before is null || (ask.SaysWho && (last is null || (ask.Access, ask.Rules) != (last.Access, last.Rules)));
        var isNewProject = before is null || (ask.Project is not null && ask.Project != last?.Project);
        var isNewKeep = before is null || last is null || ask.Keep != last.Keep;
        var isNewOptions = before is null || last is null || ask.Options != last.Options;
        return new TunnelRecord
        {
            Name = name,
            Kind = request.Kind,
            Account = caller.Account,
            Owner = before?.Owner ?? caller.TokenName,
            TokenId = caller.TokenId,
            Project = isNewProject ? ask.Project : before!.Project,
            Access = isNewWho ? ask.Access ?? before?.Access ?? TunnelAccess.Owner : before!.Access,
            Rules = isNewWho ? request.Rules is { Count: 0 } ? null : request.Rules : before!.Rules,
            Keep = client is not null || (isNewKeep ? ask.Keep : before!.Keep),
            CustomHosts = request.Hosts ?? before?.CustomHosts ?? [],
            Port = request.Port == 0 ? before?.Port ?? 0 : request.Port,
            Client = client,
            Target = request.Target,
            Options = isNewOptions ? TunnelCompiler.Sealed(request.Options) : before!.Options,
            Created = before?.Created ?? time.GetUtcNow(),
            Asked = ask with
            {
                Access = ask.SaysWho ? ask.Access : last?.Access,
                Rules = ask.SaysWho ? ask.Rules : last?.Rules,
                Project = ask.Project ?? last?.Project,
            },
        };
    }

    /// <summary>Whether two say the same, lists and options included.</summary>
    public static bool AreSame(TunnelRecord one, TunnelRecord other) =>
        one with { CustomHosts = other.CustomHosts, Options = other.Options, Rules = other.Rules } == other
        && one.CustomHosts.SequenceEqual(other.CustomHosts)
        && TunnelCompiler.Same(one.Options, other.Options)
        && one.RulesText() == other.RulesText();

    /// <summary>The rules as they are stored; null for none.</summary>
    public string? RulesText() => Rules is null ? null : JsonSerializer.Serialize(Rules, AccessJson.Default.IReadOnlyListAccessRule);

    /// <summary>The validator of what is stored (RFC 9110 8.8.3): it changes with the settings, not with servers or counters.</summary>
    public string ETag()
    {
        var options = Options is null ? "" : JsonSerializer.Serialize(Options, TunnelsJson.Default.TunnelOptions);
        var text = $"{Kind}|{Project}|{Access}|{Keep}|{string.Join(' ', CustomHosts)}|{Port}|{Client}|{Target}|{Created:O}|{options}|{RulesText()}";
        return '"' + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8)) + '"';
    }
}
