using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Which tunnels a caller may see and change. Who may not even see one is answered as if there were none of that name.
/// </summary>
internal sealed class TunnelRights(TunnelRegistry registry, Authority authority)
{
    /// <summary>Whether a caller may see a tunnel.</summary>
    public bool MaySee(Caller caller, TunnelRecord record) => authority.May(caller, Permission.TunnelsRead, record.Belonging);

    /// <summary>The tunnel of this name; null when there is none that the caller may see.</summary>
    public LiveTunnel? Find(string name, Caller caller) =>
        registry.Find(name) is { Record: { } record } tunnel && MaySee(caller, record) ? tunnel : null;

    /// <summary>The tunnel of this name, which the caller wants to change.</summary>
    /// <returns>The answer when it may not; null when <paramref name="tunnel"/> is there.</returns>
    public IResult? FindToChange(string name, Caller caller, out LiveTunnel tunnel)
    {
        tunnel = null!;
        if (Find(name, caller) is not { Record: { } record } found)
            return Problems.NotFound($"tunnel '{name}'");
        tunnel = found;
        return authority.May(caller, Permission.TunnelsWrite, record.Belonging) ? null : Problems.Forbidden(ReadOnly(name));
    }

    /// <summary>What somebody is told who may see a tunnel and wants to change it.</summary>
    public static string ReadOnly(string name) => $"You may see the tunnel '{name}' and not change it; ask its owner or a maintainer of its project.";
}
