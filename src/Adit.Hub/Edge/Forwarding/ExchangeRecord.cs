using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Writes down exchanges: for the observer of a route, and in the log (one of so many, and each that failed).</summary>
internal sealed partial class ExchangeRecord(ForwarderOptions options, TimeProvider time, ILogger log)
{
    private uint _count;

    /// <summary>A request has begun.</summary>
    public void Start(Visit visit)
    {
        visit.Started = time.GetTimestamp();
        if (EdgeTraces.IsOn)
        {
            var headers = visit.Request.Headers;
            visit.Span = EdgeTraces.Start(
                visit.Request.Method, visit.Route!.Name, OwnPath.Shown(visit.Target), headers.TraceParent, headers.TraceState);
        }

        if (visit.Route!.Observer is not { } observer || !observer.IsLooking())
            return;
        visit.Exchange = new Exchange
        {
            Id = visit.Id,
            At = time.GetUtcNow(),
            Method = visit.Request.Method,
            Target = OwnPath.Shown(visit.Prefix.Length == 0 ? visit.Request.RawTarget : visit.Target),
            Remote = ForwardedFields.Text(visit.Client),
            RequestHeaders = Copy(visit.Request.Headers),
        };
        visit.Watcher = observer.Started(visit.Exchange);
    }

    /// <summary>A request is over.</summary>
    public void Complete(Visit visit)
    {
        var meaning = visit.Error == ForwardError.None ? null : visit.Error.Meaning();
        var status = visit.Error is ForwardError.VisitorLeft && !visit.Response.HasStarted ? 0 : visit.Response.StatusCode;
        var duration = time.GetElapsedTime(visit.Started);
        var isUpgraded = visit.Shape == RequestShape.WebSocketOverHttp2 && status == StatusCodes.Status200OK;
        visit.Route!.Meter.Answered(isUpgraded ? StatusCodes.Status101SwitchingProtocols : status, duration);
        if (visit.Span is { } span)
            EdgeTraces.End(span, status, meaning is null ? null : Sentence(visit, meaning));
        if (visit.Exchange is { } exchange)
        {
            exchange.Status = status;
            exchange.Duration = duration;
            exchange.BytesIn = visit.BytesIn;
            exchange.BytesOut = visit.BytesOut;
            exchange.ResponseHeaders = Copy(visit.Response.Headers);
            exchange.Error = meaning is null ? null : Sentence(visit, meaning);
            visit.Route!.Observer!.Completed(exchange);
        }

        if (meaning is not null)
        {
            if (log.IsEnabled(meaning.Level))
            {
                LogFailed(meaning.Level, visit.Id, visit.Route!.Name, visit.Request.Method, OwnPath.Shown(visit.Target), visit.Error,
                    Sentence(visit, meaning));
            }
        }
        else if (options.LogSampling > 0 && Interlocked.Increment(ref _count) % (uint)options.LogSampling == 0
            && log.IsEnabled(LogLevel.Information))
        {
            LogRequest(visit.Id, visit.Route!.Name, visit.Request.Method, OwnPath.Shown(visit.Target), visit.Response.StatusCode,
                duration.TotalMilliseconds, visit.BytesIn, visit.BytesOut);
        }
    }

    /// <summary>The forwarder itself failed.</summary>
    public void Defect(Visit visit, Exception e) => LogDefect(e, visit.Id, visit.Route?.Name);

    private static string Sentence(Visit visit, ForwardErrorMeaning meaning)
    {
        var advice = string.Format(System.Globalization.CultureInfo.InvariantCulture, meaning.Advice, visit.Route!.Name);
        return visit.Detail is { Length: > 0 } detail ? $"{advice} ({detail})" : advice;
    }

    private static List<KeyValuePair<string, string>> Copy(IHeaderDictionary headers)
    {
        var copy = new List<KeyValuePair<string, string>>(headers.Count);
        foreach (var (name, values) in headers)
        {
            for (var i = 0; i < values.Count; i++)
                copy.Add(new(name, values[i] ?? ""));
        }

        return copy;
    }

    [LoggerMessage(Level = LogLevel.Information, Message =
        "{Id} {Route} {Method} {Target} {Status} {Milliseconds:0.0} ms, {BytesIn} B in, {BytesOut} B out")]
    private partial void LogRequest(
        string id, string route, string method, string target, int status, double milliseconds, long bytesIn, long bytesOut);

    [LoggerMessage(Message = "{Id} {Route} {Method} {Target}: {Error}: {Sentence}")]
    private partial void LogFailed(
        LogLevel level, string id, string route, string method, string target, ForwardError error, string sentence);

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {Id} to {Route} failed by a defect of the hub; report it with this trace")]
    private partial void LogDefect(Exception e, string id, string? route);
}
