using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Http;

/// <summary>
/// Error answers of the API: RFC 9457 problem details with one sentence in <c>detail</c> that says what happened, to what, and what to do
/// next, and a <c>code</c> for programs that never changes.
/// </summary>
internal static class Problems
{
    /// <summary>Makes the answer.</summary>
    public static IResult Of(int status, string code, string detail) => new Problem(status, code, detail);

    public static IResult Invalid(string detail) => Of(StatusCodes.Status400BadRequest, "invalid", detail);

    public static IResult NotFound(string what) => Of(StatusCodes.Status404NotFound, "not-found", $"There is no {what} that you may see.");

    public static IResult Conflict(string code, string detail) => Of(StatusCodes.Status409Conflict, code, detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, "forbidden", detail);

    /// <summary>The problem of an answer that has a status and nothing else, as routing and binding leave it.</summary>
    public static IResult OfStatus(int status, string path) => status switch
    {
        400 => Invalid("The request's body or parameters are not of the form that this endpoint takes; see docs/reference/api.md."),
        404 => Of(404, "not-found", $"There is nothing at {path}; see docs/reference/api.md."),
        405 => Of(405, "method", $"{path} does not take this method; see docs/reference/api.md."),
        413 => Of(413, "too-large", "The request is larger than this endpoint takes."),
        415 => Of(415, "media-type", "The request's body must be application/json."),
        _ => Of(status, "failed", $"The request failed with status {status}."),
    };

    private sealed class Problem(int status, string code, string detail) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => status;

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var title = char.ToUpperInvariant(code[0]) + code[1..].Replace('-', ' '); // "name-taken" reads "Name taken".
            var body = ProblemDocument.Write(status, code, title, detail, httpContext.TraceIdentifier);
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = ProblemDocument.ContentType;
            httpContext.Response.ContentLength = body.Length;
            await httpContext.Response.Body.WriteAsync(body);
        }
    }
}
