using System.Text.Json;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>All the ways in which the hub, and not the upstream, ends a request.</summary>
internal enum ForwardError : byte
{
    None,
    NoSuchHost,
    Offline,
    NotReady,
    TooManyWaiting,
    SignInNeeded,
    NotAllowed,
    CrossSite,
    Revoked,
    TooManyRequests,
    RateLimited,
    EmbedRefused,
    EmbedFull,
    EmbedSpent,
    BadRequest,
    RequestTooLarge,
    MethodRefused,
    RequestBodyTimeout,
    RequestBodyBroken,
    VisitorLeft,
    VisitorStalled,
    UpstreamRefused,
    UpstreamForbidden,
    UpstreamUnreachable,
    UpstreamConnectTimeout,
    UpstreamTls,
    UpstreamBusy,
    UpstreamLost,
    UpstreamClosed,
    UpstreamStalled,
    ResponseInvalid,
    ResponseHeadTimeout,
    ResponseBodyTimeout,
    Internal,
}

/// <summary>What a <see cref="ForwardError"/> means outside: status, log level, gRPC status, and what to do.</summary>
/// <param name="Status">The HTTP status answered.</param>
/// <param name="Grpc">The gRPC status code answered.</param>
/// <param name="Level">The level it is logged with: what the visitor caused stays low.</param>
/// <param name="Title">A few words.</param>
/// <param name="Advice">One sentence: what happened and what to do. <c>{0}</c> is the route's name.</param>
internal sealed record ForwardErrorMeaning(int Status, int Grpc, LogLevel Level, string Title, string Advice);

/// <summary>The one place that maps errors.</summary>
internal static class ForwardErrors
{
    private const int GrpcCancelled = 1;
    private const int GrpcInvalidArgument = 3;
    private const int GrpcDeadlineExceeded = 4;
    private const int GrpcNotFound = 5;
    private const int GrpcPermissionDenied = 7;
    private const int GrpcResourceExhausted = 8;
    private const int GrpcUnimplemented = 12;
    private const int GrpcInternal = 13;
    private const int GrpcUnavailable = 14;
    private const int GrpcUnauthenticated = 16;

    public static ForwardErrorMeaning Meaning(this ForwardError error) => error switch
    {
        ForwardError.NoSuchHost => new(404, GrpcNotFound, LogLevel.Debug, "No such address",
            "No tunnel answers to {0} on this hub; check the name, or start its tunnel."),
        ForwardError.Offline => new(503, GrpcUnavailable, LogLevel.Debug, "Offline",
            "{0} is offline: its client is not connected. Start the client, or try again soon."),
        ForwardError.NotReady => new(503, GrpcUnavailable, LogLevel.Debug, "Not ready",
            "{0} does not run just now; ask again later, or open its address in a browser to see why."),
        ForwardError.TooManyWaiting => new(503, GrpcResourceExhausted, LogLevel.Debug, "Too many wait",
            "{0} is not ready, and as many requests wait for it as may; ask again in a moment."),
        ForwardError.SignInNeeded => new(401, GrpcUnauthenticated, LogLevel.Debug, "Sign in", "{0} is private: show a token of its owner."),
        ForwardError.NotAllowed => new(404, GrpcNotFound, LogLevel.Debug, "No such address",
            "There is nothing at {0} that you may open; ask whoever gave you the address, or sign in as somebody else."),
        ForwardError.CrossSite => new(403, GrpcPermissionDenied, LogLevel.Debug, "Caused by another site",
            "Another site's page sent this to {0} with your sign-in; open the address itself and do it there."),
        ForwardError.Revoked => new(401, GrpcUnauthenticated, LogLevel.Information, "No longer allowed",
            "Whoever had {0} open may not any more: a session ended, or its access was changed."),
        ForwardError.TooManyRequests => new(503, GrpcResourceExhausted, LogLevel.Warning, "Busy",
            "{0} has as many requests under way as it may; try again in a moment."),
        ForwardError.RateLimited => new(429, GrpcResourceExhausted, LogLevel.Debug, "Too many requests",
            "Your address asks {0} faster than this hub lets it; wait a moment, then ask more slowly."),
        ForwardError.EmbedRefused => new(403, GrpcPermissionDenied, LogLevel.Debug, "Not let in",
            "The page around this frame did not let you in to {0}; load that page again, or tell whoever runs it."),
        ForwardError.EmbedFull => new(429, GrpcResourceExhausted, LogLevel.Debug, "All places are taken",
            "{0} has as many visitors in this frame as it may; try again in a few minutes."),
        ForwardError.EmbedSpent => new(429, GrpcResourceExhausted, LogLevel.Debug, "Used up for today",
            "{0} has answered as often in this frame as it may in a day; come back tomorrow."),
        ForwardError.BadRequest => new(400, GrpcInvalidArgument, LogLevel.Debug, "Bad request",
            "The request is not one this hub will pass on to {0}; correct it and send it again."),
        ForwardError.RequestTooLarge => new(413, GrpcResourceExhausted, LogLevel.Debug, "Too large",
            "The request is larger than {0} accepts; send less, or have its owner raise the limit."),
        ForwardError.MethodRefused => new(501, GrpcUnimplemented, LogLevel.Debug, "Not forwarded",
            "CONNECT is not forwarded to {0}; to reach a port by name use a tcp tunnel."),
        ForwardError.RequestBodyTimeout => new(408, GrpcDeadlineExceeded, LogLevel.Debug, "Request timed out",
            "The rest of the request to {0} did not arrive in time; send it again."),
        ForwardError.RequestBodyBroken => new(400, GrpcInvalidArgument, LogLevel.Debug, "Bad request",
            "The body of the request to {0} is broken; send it again."),
        ForwardError.VisitorLeft => new(499, GrpcCancelled, LogLevel.Debug, "Visitor left",
            "The visitor of {0} went away before the answer was complete."),
        ForwardError.VisitorStalled => new(499, GrpcCancelled, LogLevel.Debug, "Visitor stalled",
            "The visitor of {0} did not take the answer."),
        ForwardError.UpstreamRefused => new(502, GrpcUnavailable, LogLevel.Warning, "Nothing listens there",
            "The program behind {0} refused the connection; check that it runs and listens on the tunnel's port."),
        ForwardError.UpstreamForbidden => new(502, GrpcUnavailable, LogLevel.Warning, "Target not allowed",
            "The client of {0} does not allow its target; add it to the client's --allow list."),
        ForwardError.UpstreamUnreachable => new(502, GrpcUnavailable, LogLevel.Warning, "Target not reachable",
            "The client of {0} cannot reach its target; check the target's address."),
        ForwardError.UpstreamConnectTimeout => new(504, GrpcUnavailable, LogLevel.Warning, "Target does not answer",
            "The program behind {0} did not accept a connection in time; check the target's address and that it runs."),
        ForwardError.UpstreamTls => new(502, GrpcUnavailable, LogLevel.Warning, "Target's TLS failed",
            "TLS with the program behind {0} failed; check its certificate, or the tunnel's server name."),
        ForwardError.UpstreamBusy => new(503, GrpcUnavailable, LogLevel.Warning, "Client busy",
            "The client of {0} takes no more connections now; try again in a moment."),
        ForwardError.UpstreamLost => new(502, GrpcUnavailable, LogLevel.Warning, "Connection lost",
            "The connection to the client of {0} was lost; try again."),
        ForwardError.UpstreamClosed => new(502, GrpcUnavailable, LogLevel.Warning, "No answer",
            "The program behind {0} closed the connection without an answer; look at its log."),
        ForwardError.UpstreamStalled => new(504, GrpcUnavailable, LogLevel.Warning, "Target stalled",
            "The program behind {0} did not read the request; look at its log."),
        ForwardError.ResponseInvalid => new(502, GrpcInternal, LogLevel.Warning, "Answer not valid",
            "The answer of the program behind {0} is not valid HTTP; check that the tunnel leads to a web server."),
        ForwardError.ResponseHeadTimeout => new(504, GrpcDeadlineExceeded, LogLevel.Warning, "No answer in time",
            "The program behind {0} did not answer in time; look at its log, or have the tunnel's timeout raised."),
        ForwardError.ResponseBodyTimeout => new(504, GrpcDeadlineExceeded, LogLevel.Warning, "Answer stalled",
            "The program behind {0} stopped in the middle of its answer; look at its log."),
        _ => new(500, GrpcInternal, LogLevel.Error, "The hub failed",
            "The hub failed to forward the request to {0}; its log has this request's id."),
    };

    /// <summary>The error as a word for programs, in the manner of the API's codes: <c>response-head-timeout</c>.</summary>
    public static string Code(this ForwardError error) => JsonNamingPolicy.KebabCaseLower.ConvertName(error.ToString());

    /// <summary>What a stream's end means to a request that had no answer yet.</summary>
    public static ForwardError Of(ResetCode code) => code switch
    {
        ResetCode.Refused => ForwardError.UpstreamRefused,
        ResetCode.Forbidden => ForwardError.UpstreamForbidden,
        ResetCode.Unreachable => ForwardError.UpstreamUnreachable,
        ResetCode.TimedOut => ForwardError.UpstreamConnectTimeout,
        ResetCode.TargetReset => ForwardError.UpstreamClosed,
        ResetCode.TargetTls => ForwardError.UpstreamTls,
        ResetCode.Busy or ResetCode.Draining => ForwardError.UpstreamBusy,
        _ => ForwardError.UpstreamLost,
    };

    /// <summary>Whether a stream that ended so never reached the target, so that any request may be sent again on another.</summary>
    public static bool NeverArrived(ResetCode code) =>
        code is ResetCode.Refused or ResetCode.Forbidden or ResetCode.Unreachable or ResetCode.Busy or ResetCode.Draining;
}
