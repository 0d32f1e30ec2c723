using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Http;

/// <summary>
/// Error answers of the API: RFC 9457 problem details with one sentence in <c>detail</c> that says what happened, to what, and what to do
/// next, and a <c>code</c> for programs that never changes.
/// </summary>
internal static class Problems
{
    /// <summary>Makes the answer.</summary>
    public static IResult Of(int status, string code, string detail) => TypedResults.Problem(
        detail,
        statusCode: status,
        title: Title(code),
        type: "https://adit.dev/problems/" + code,
        extensions: [KeyValuePair.Create<string, object?>("code", code)]);

    public static IResult Invalid(string detail) => Of(StatusCodes.Status400BadRequest, "invalid", detail);

    public static IResult NotFound(string what) => Of(StatusCodes.Status404NotFound, "not-found", $"There is no {what} that you may see.");

    public static IResult Conflict(string code, string detail) => Of(StatusCodes.Status409Conflict, code, detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, "forbidden", detail);

    // "name-taken" reads "Name taken".
    private static string Title(string code) => char.ToUpperInvariant(code[0]) + code[1..].Replace('-', ' ');
}
