using System.Text.Encodings.Web;
using System.Text.Json;

namespace Adit.Hub.Http;

/// <summary>
/// The body of an error answer, RFC 9457 (<c>application/problem+json</c>), the same at the API and at tunnels: <c>detail</c> is one
/// sentence for people, <c>code</c> a word for programs that never changes, <c>requestId</c> what the log has it under.
/// </summary>
internal static class ProblemDocument
{
    public const string ContentType = "application/problem+json";

    // The default escapes apostrophes and everything beyond ASCII for the sake of JSON inside of HTML; this is read by people.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes it.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">Lower case, with hyphens: <c>name-taken</c>.</param>
    /// <param name="title">A few words.</param>
    /// <param name="detail">What happened, to what, and what to do next.</param>
    /// <param name="requestId">The request's id.</param>
    /// <param name="cause">What somebody else said of it: the client, or the application's TLS.</param>
    public static byte[] Write(int status, string code, string title, string detail, string requestId, string? cause = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank"); // Codes tell problems apart; there is no page for each.
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            if (cause is { Length: > 0 })
                json.WriteString("cause", cause);
            json.WriteString("code", code);
            json.WriteString("requestId", requestId);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
