namespace Adit.Runner.Tunnels;

/// <summary>Why a tunnel cannot be.</summary>
public enum TunnelFailure
{
    /// <summary>The hub does not know the token, or the token may not do this.</summary>
    NotAuthorized,

    /// <summary>The name or port is somebody else's, or reserved.</summary>
    Taken,

    /// <summary>The hub finds the request wrong.</summary>
    Refused,

    /// <summary>Anything else: a limit, a defect.</summary>
    Failed,

    /// <summary>Its program could not be started, or ended.</summary>
    Program,
}

/// <summary>A tunnel cannot be, and trying again will not help.</summary>
public sealed class TunnelException(TunnelFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public TunnelFailure Failure { get; } = failure;

    /// <summary>What its program ended with, for <see cref="TunnelFailure.Program"/>.</summary>
    public int? ExitCode { get; init; }
}
