using Adit.Api;

namespace Adit.Hub.Tunnels;

/// <summary>Kinds of tunnels as people and metrics read them.</summary>
internal static class TunnelKinds
{
    /// <summary><c>http</c>, <c>tcp</c> or <c>tls</c>.</summary>
    public static string Word(this TunnelKind kind) => kind switch
    {
        TunnelKind.Http => "http",
        TunnelKind.Tcp => "tcp",
        _ => "tls",
    };
}
