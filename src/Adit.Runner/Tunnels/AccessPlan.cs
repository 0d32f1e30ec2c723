using Adit.Api;

namespace Adit.Runner.Tunnels;

/// <summary>
/// Who may use a tunnel, as flags and files say it. Conditions narrow the access for everybody, the owner included; an end closes it for
/// all but the owner.
/// </summary>
public sealed record AccessPlan
{
    /// <summary>The words of <c>--access</c>; null leaves it to the hub: <c>owner</c>, or what the tunnel has.</summary>
    public string? Access { get; init; }

    /// <summary>Only from these networks.</summary>
    public EquatableList<string> Networks { get; init; } = [];

    /// <summary>Only these methods.</summary>
    public EquatableList<string> Methods { get; init; } = [];

    /// <summary>Only these paths.</summary>
    public EquatableList<string> Paths { get; init; } = [];

    /// <summary>None of these paths, for nobody.</summary>
    public EquatableList<string> DeniedPaths { get; init; } = [];

    /// <summary>When it ends for all but the owner.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The access to ask of the hub, where the rules say nothing.</summary>
    public string? Word => Expires is null ? Access : TunnelAccess.Owner;

    /// <summary>The rules to ask of the hub; null for none.</summary>
    /// <param name="hasPassword">Whether visitors are asked for a password.</param>
    /// <param name="hasToken">Whether visitors are asked for a token.</param>
    public IReadOnlyList<AccessRule>? Rules(bool hasPassword, bool hasToken)
    {
        var isNarrow = Networks.Count > 0 || Methods.Count > 0 || Paths.Count > 0;
        if (!isNarrow && Expires is null && DeniedPaths.Count == 0)
            return null;
        var rules = new List<AccessRule>();
        if (DeniedPaths.Count > 0)
            rules.Add(new AccessRule { Allow = false, Who = [TunnelAccess.Public], Paths = [.. DeniedPaths] });
        if (isNarrow || Expires is not null)
        {
            rules.Add(Narrowed(Who(hasPassword, hasToken), Expires));
            if (isNarrow)
            {
                rules.Add(Narrowed([TunnelAccess.Owner], null));
                rules.Add(new AccessRule { Allow = false, Who = [TunnelAccess.Public] });
            }
        }

        return rules;
    }

    private AccessRule Narrowed(IReadOnlyList<string> who, DateTimeOffset? expires) => new()
    {
        Who = who,
        Networks = Networks.Count > 0 ? [.. Networks] : null,
        Methods = Methods.Count > 0 ? [.. Methods] : null,
        Paths = Paths.Count > 0 ? [.. Paths] : null,
        Expires = expires,
    };

    // Whoever is asked for a password or token is not just anybody.
    private List<string> Who(bool hasPassword, bool hasToken)
    {
        var who = (Access ?? TunnelAccess.Owner).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word != TunnelAccess.Public || !(hasPassword || hasToken)).ToList();
        if (hasPassword)
            who.Add("basic");
        if (hasToken)
            who.Add("token");
        return who;
    }
}
