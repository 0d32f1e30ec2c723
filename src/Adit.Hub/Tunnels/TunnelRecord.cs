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

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether it is open to anybody, as far as no rule says otherwise.</summary>
    public bool IsPublic => Access.Split(',', StringSplitOptions.TrimEntries).Contains(TunnelAccess.Public);

    /// <summary>What was asked for of access and rules when it was last served; null when nothing was.</summary>
    public string? Asked { get; init; }

    /// <summary>What a request to serve a tunnel makes of the record that is there, if one is.</summary>
    public static TunnelRecord Of(CreateTunnelRequest request, Caller caller, string name, TunnelRecord? before, TimeProvider time)
    {
        var rules = request.Rules is { Count: 0 } ? null : request.Rules;
        var asked = request.Access is null && rules is null ? null : $"{request.Access} {Text(rules)}";
        var isNews = before is null || (asked is not null && asked != before.Asked);
        return Rest(request, caller, name, before, time) with
        {
            Access = isNews ? request.Access ?? before?.Access ?? TunnelAccess.Owner : before!.Access,
            Rules = isNews ? rules : before!.Rules,
            Asked = asked ?? before?.Asked,
        };
    }

    private static TunnelRecord Rest(CreateTunnelRequest request, Caller caller, string name, TunnelRecord? before, TimeProvider time) => new()
    {
        Name = name,
        Kind = request.Kind,
        Account = caller.Account,
        Owner = before?.Owner ?? caller.TokenName,
        TokenId = caller.TokenId,
        Project = request.Project ?? before?.Project,
        Access = TunnelAccess.Owner,
        Keep = request.Keep || request.Client is not null,
        CustomHosts = request.Hosts ?? before?.CustomHosts ?? [],
        Port = request.Port == 0 ? before?.Port ?? 0 : request.Port,
        Client = request.Client ?? before?.Client,
        Target = request.Target,
        Options = TunnelCompiler.Sealed(request.Options),
        Created = before?.Created ?? time.GetUtcNow(),
    };

    /// <summary>Whether two say the same, lists and options included.</summary>
    public static bool AreSame(TunnelRecord one, TunnelRecord other) =>
        one with { CustomHosts = other.CustomHosts, Options = other.Options, Rules = other.Rules } == other
        && one.CustomHosts.SequenceEqual(other.CustomHosts)
        && TunnelCompiler.Same(one.Options, other.Options)
        && one.RulesText() == other.RulesText();

    /// <summary>The rules as they are stored; null for none.</summary>
    public string? RulesText() => Text(Rules);

    private static string? Text(IReadOnlyList<AccessRule>? rules) =>
        rules is null ? null : JsonSerializer.Serialize(rules, AccessJson.Default.IReadOnlyListAccessRule);

    /// <summary>The validator of what is stored (RFC 9110 8.8.3): it changes with the settings, not with servers or counters.</summary>
    public string ETag()
    {
        var options = Options is null ? "" : JsonSerializer.Serialize(Options, TunnelsJson.Default.TunnelOptions);
        var text = $"{Kind}|{Project}|{Access}|{Keep}|{string.Join(' ', CustomHosts)}|{Port}|{Client}|{Target}|{Created:O}|{options}|{RulesText()}";
        return '"' + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8)) + '"';
    }
}
