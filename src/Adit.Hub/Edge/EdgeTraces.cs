using System.Diagnostics;

namespace Adit.Hub.Edge;

/// <summary>
/// Spans of the requests that pass the edge, W3C Trace Context: a visitor's trace goes on through the hub to the application. Nothing is
/// made unless somebody listens.
/// </summary>
internal static class EdgeTraces
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "adit.edge";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether spans are wanted.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Begins the span of a request; null when nobody listens or the sampler says no.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="route">The route it takes.</param>
    /// <param name="path">The request's target; its query is left out, since queries hold secrets.</param>
    /// <param name="traceparent">The visitor's header, if any. What is not valid begins a new trace.</param>
    /// <param name="tracestate">The visitor's other header.</param>
    public static Activity? Start(string method, string route, string path, string? traceparent, string? tracestate)
    {
        if (!ActivityContext.TryParse(traceparent, tracestate, isRemote: true, out var parent))
            parent = default;
        var activity = Source.StartActivity($"{method} {route}", ActivityKind.Server, parent);
        if (activity is not { IsAllDataRequested: true })
            return activity;
        var query = path.IndexOf('?');
        activity.SetTag("http.request.method", method);
        activity.SetTag("url.path", query < 0 ? path : path[..query]);
        activity.SetTag("adit.tunnel", route);
        return activity;
    }

    /// <summary>Ends a span.</summary>
    /// <param name="activity">The span.</param>
    /// <param name="status">The status answered; 0 for none.</param>
    /// <param name="error">What went wrong, if anything.</param>
    public static void End(Activity activity, int status, string? error)
    {
        if (status > 0)
            activity.SetTag("http.response.status_code", status);
        if (error is not null || status >= 500)
            activity.SetStatus(ActivityStatusCode.Error, error);
        activity.Dispose();
    }
}
