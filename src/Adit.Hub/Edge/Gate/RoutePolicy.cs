using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Who may pass a route. The rules are asked in order and the first that fits decides; after them comes what <see cref="Access"/>,
/// the password and the visitor token say, and the owner; after that, nobody. Immutable.
/// </summary>
internal sealed class RoutePolicy
{
    private IReadOnlyList<PolicyRule>? _effective;
    private string? _fingerprint;

    /// <summary>Anyone may pass where no rule says otherwise, unless a password or a visitor token is set: then whoever shows that.</summary>
    public bool IsPublic { get; init; }

    /// <summary>Nobody but the owner may pass, whatever else is said; what refuses, refuses the owner too.</summary>
    public bool IsOwnerOnly { get; init; }

    /// <summary>The account that may pass by any of its sessions and tokens.</summary>
    public string? Owner { get; init; }

    /// <summary>The project that the route is in; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>SHA-256 of <c>user:password</c> (UTF-8) that opens the route by HTTP Basic.</summary>
    public byte[]? BasicAuthHash { get; init; }

    /// <summary>SHA-256 of a bearer token that opens the route.</summary>
    public byte[]? VisitorTokenHash { get; init; }

    /// <summary>Who else may pass, where no rule says otherwise.</summary>
    public IReadOnlyList<PolicySubject> Access { get; init; } = [];

    /// <summary>What comes first.</summary>
    public IReadOnlyList<PolicyRule> Rules { get; init; } = [];

    /// <summary>What the hub allows to be opened at all; null for anything.</summary>
    public IAccessCap? Cap { get; init; }

    /// <summary>Whether pages of other sites may have the visitor's browser send what changes something: the application looks itself.</summary>
    public bool AllowsCrossSite { get; init; }

    /// <summary>Whether everybody passes whatever they show, so that there is nothing to ask.</summary>
    public bool IsOpen => IsPublic && !IsOwnerOnly && Rules.Count == 0 && BasicAuthHash is null && VisitorTokenHash is null
        && Cap?.Allows(AccessLevel.Public, Owner) != false;

    /// <summary>All rules in the order in which they are asked; the last is the one that follows from the rest of the policy.</summary>
    public IReadOnlyList<PolicyRule> Effective => _effective ??= [.. Rules, Last()];

    /// <summary>Tells policies apart: two with the same text decide alike.</summary>
    public string Fingerprint => _fingerprint ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{IsPublic}|{IsOwnerOnly}|{Owner}|{Project}|{AllowsCrossSite}|{Hex(BasicAuthHash)}|{Hex(VisitorTokenHash)}|{string.Join(';', Effective)}")));

    /// <summary>The same for its owner alone. Passwords and visitor tokens are for others, and so are no way in.</summary>
    public RoutePolicy ForOwnerOnly() => new()
    {
        IsOwnerOnly = true, Owner = Owner, Project = Project, Access = Access, Rules = Rules, Cap = Cap, AllowsCrossSite = AllowsCrossSite,
    };

    private PolicyRule Last()
    {
        List<PolicySubject> who = [PolicySubject.Owner, .. Access, PolicySubject.Embed];
        if (BasicAuthHash is not null)
            who.Add(PolicySubject.Basic);
        if (VisitorTokenHash is not null)
            who.Add(PolicySubject.Token);
        if (IsPublic && BasicAuthHash is null && VisitorTokenHash is null)
            who.Add(PolicySubject.Public);
        return new PolicyRule { Allow = true, Who = who };
    }

    private static string Hex(byte[]? hash) => hash is null ? "" : Convert.ToHexStringLower(hash);
}
