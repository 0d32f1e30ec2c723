using Adit.Api;

namespace Adit.Runner.Tunnels;

/// <summary>Something that happened to a client's tunnels, for whoever shows it.</summary>
public abstract record TunnelReport;

/// <summary>The link to the hub is up.</summary>
public sealed record LinkUp(Uri Hub, string Link) : TunnelReport;

/// <summary>The link to the hub is lost or could not be made.</summary>
/// <param name="Hub">The hub.</param>
/// <param name="Reason">Why.</param>
/// <param name="RetryIn">When it is tried again.</param>
public sealed record LinkDown(Uri Hub, string Reason, TimeSpan RetryIn) : TunnelReport;

/// <summary>The hub is about to restart.</summary>
public sealed record HubDraining(Uri Hub, string Reason) : TunnelReport;

/// <summary>The hub serves a tunnel through this client.</summary>
/// <param name="Tunnel">As the hub describes it.</param>
/// <param name="Target">Where it leads.</param>
/// <param name="Again">True when it had been up before, on another link.</param>
public sealed record TunnelUp(Tunnel Tunnel, string Target, bool Again) : TunnelReport;

/// <summary>The hub did not take a tunnel; it is tried again.</summary>
public sealed record TunnelDelayed(string Name, string Reason, TimeSpan RetryIn) : TunnelReport;

/// <summary>A tunnel ended before the client did.</summary>
public sealed record TunnelEnded(string Name, string Reason) : TunnelReport;

/// <summary>A visitor's stream could not be connected to the target.</summary>
public sealed record TargetFailed(string Target, string Reason) : TunnelReport;

/// <summary>A program wrote a line.</summary>
public sealed record ProgramLine(string Name, string Line) : TunnelReport;

/// <summary>A request passed a tunnel.</summary>
public sealed record RequestPassed(RequestSummary Request) : TunnelReport;
