namespace Adit.Hub.Tunnels;

/// <summary>Why a tunnel cannot be made or changed. A closed set, mapped once to status codes in <see cref="TunnelEndpoints"/>.</summary>
internal enum TunnelRefusalCode
{
    Invalid,
    NameTaken,
    NameReserved,
    HostTaken,
    PortTaken,
    PortsExhausted,
    LimitReached,
    LinkGone,
    KindDiffers,
    Changed,
    TooOpen,
    ReadOnly,
    ProjectUnknown,
    ProjectForbidden,
}

/// <summary>A refusal with its sentence.</summary>
internal sealed class TunnelRefusal(TunnelRefusalCode code, string message) : Exception(message)
{
    public TunnelRefusalCode Code { get; } = code;
}
