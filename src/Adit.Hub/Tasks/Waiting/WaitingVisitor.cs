using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>Who comes to a task that is not ready, and so what helps.</summary>
internal enum WaitingVisitor
{
    /// <summary>Somebody looks at a page: is shown one.</summary>
    Person,

    /// <summary>A program: its request is held for a while.</summary>
    Program,

    /// <summary>A WebSocket or another upgrade: held, and not for long, for browsers give up by themselves.</summary>
    Upgrade,

    /// <summary>A crawler, a probe, a guess, or a request for a head: told at once to come back.</summary>
    Robot,
}

/// <summary>Tells them apart, by what they say of themselves.</summary>
internal static class WaitingVisitors
{
    public static WaitingVisitor Of(Visit visit)
    {
        var headers = visit.Request.Headers;
        if (visit.Request.Method is "HEAD" or "OPTIONS" || Robots.KindOf(headers) != RobotKind.None)
            return WaitingVisitor.Robot;
        if (visit.Shape is RequestShape.Upgrade or RequestShape.WebSocketOverHttp2)
            return WaitingVisitor.Upgrade;
        var isPage = visit.Request.Method == "GET" && visit.Shape == RequestShape.Bodiless && ErrorAnswer.WantsHtml(visit)
            && headers["Sec-Fetch-Dest"].ToString() is "" or "document" or "iframe" or "frame"
            && headers["Sec-Fetch-Mode"].ToString() is "" or "navigate"
            && !visit.OpenedByAuthorization;
        return isPage ? WaitingVisitor.Person : WaitingVisitor.Program;
    }
}
