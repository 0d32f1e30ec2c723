using System.Globalization;
using System.Text;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Answers in the upstream's stead: a page to who asks for HTML, gRPC status to gRPC, a problem document (RFC 9457) to everyone else.
/// Each has the request's id and one sentence on what to do.
/// </summary>
internal static class ErrorAnswer
{
    private const int RetryAfterSeconds = 5;

    /// <summary>Writes the answer to <see cref="Visit.Error"/>.</summary>
    /// <param name="visit">To whom.</param>
    /// <param name="challenge">The value of WWW-Authenticate, with 401.</param>
    public static async Task WriteAsync(Visit visit, string? challenge = null)
    {
        var meaning = visit.Error.Meaning();
        var advice = string.Format(
            CultureInfo.InvariantCulture, meaning.Advice, visit.Route?.Name ?? HostName.Of(visit.Authority).ToString());
        Reset(visit);
        if (challenge is not null)
            visit.Response.Headers.WWWAuthenticate = challenge;
        if (visit.Request.Headers.ContentType.ToString().StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase))
        {
            AnswerGrpc(visit, meaning, advice);
            return;
        }

        var html = WantsHtml(visit);
        await WriteAsync(visit, meaning.Status, html ? "text/html; charset=utf-8" : ProblemDocument.ContentType,
            html
                ? ErrorPage.Write(meaning, advice, visit.Id)
                : ProblemDocument.Write(meaning.Status, visit.Error.Code(), meaning.Title, advice, visit.Id, visit.Detail));
    }

    /// <summary>Whether the visitor is a browser that will show the answer.</summary>
    public static bool WantsHtml(Visit visit) =>
        visit.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a whole answer.</summary>
    public static async Task WriteAsync(
        Visit visit, int status, string contentType, byte[] body, string contentSecurityPolicy = ErrorPage.ContentSecurityPolicy, string referrerPolicy = "no-referrer")
    {
        visit.Response.StatusCode = status;
        var headers = visit.Response.Headers;
        headers.ContentType = contentType;
        headers.ContentLength = body.Length;
        headers.CacheControl = "no-store";
        if (visit is { IsHttp11: true, Error: ForwardError.BadRequest })
            headers.Connection = "close"; // Where such a request ends is for nobody to say (RFC 9112 section 6.3).
        headers["X-Request-Id"] = visit.Id;
        headers.XContentTypeOptions = "nosniff";
        if (contentType.StartsWith("text/html", StringComparison.Ordinal))
        {
            if ((visit.FramedBy ?? visit.Pass?.Grant) is { } grant)
            {
                // A page that nobody sees helps nobody: the frame that asked may show it.
                headers.ContentSecurityPolicy = contentSecurityPolicy.Replace("frame-ancestors 'none'", grant.FrameAncestors, StringComparison.Ordinal);
            }
            else
            {
                headers.ContentSecurityPolicy = contentSecurityPolicy;
                headers.XFrameOptions = "DENY";
            }

            headers["Referrer-Policy"] = referrerPolicy;
        }

        if (visit.Request.Method != "HEAD")
            await visit.ResponseBody.Writer.WriteAsync(body);
        visit.BytesOut = body.Length;
    }

    // What the upstream's head had set, if it broke off just after it.
    private static void Reset(Visit visit)
    {
        visit.Response.Headers.Clear();
        visit.Response.ReasonPhrase = null;
        var headers = visit.Response.Headers;
        if (visit.RetryAfter > TimeSpan.Zero)
            headers.RetryAfter = Math.Ceiling(visit.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        else if (visit.Error is ForwardError.Offline or ForwardError.NotReady or ForwardError.TooManyWaiting or ForwardError.TooManyRequests or ForwardError.UpstreamBusy)
            headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        if (visit.IsHttp11 && visit.Shape is RequestShape.Sized or RequestShape.Chunked && !visit.BodyIsRead)
            headers.Connection = "close";
    }

    // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Trailers-Only".
    private static void AnswerGrpc(Visit visit, ForwardErrorMeaning meaning, string advice)
    {
        visit.Response.StatusCode = StatusCodes.Status200OK;
        var headers = visit.Response.Headers;
        headers.ContentType = "application/grpc";
        headers["grpc-status"] = meaning.Grpc.ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = PercentEncoded(advice);
        headers["X-Request-Id"] = visit.Id;
        headers.ContentLength = 0;
    }

    private static string PercentEncoded(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
                encoded.Append((char)b);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }
}
