using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.WebUi;

/// <summary>
/// Serves the web interface on the hub's own host: its files, and its page at every other path that a browser asks to see and no endpoint
/// has. Before authorization: the page is the same for everybody, and what it shows it asks of the API.
/// </summary>
internal static class WebUiPages
{
    // Scripts, styles and fonts come from the hub itself and nowhere else, nothing is inline, and no page may hold this one in a frame. Pictures of volumes are made by the page
    // of bytes that it asked for (blob:), for the hub never answers them as pictures.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    // Paths that programs ask for: what is not there is an answer of theirs, never a page.
    private static readonly string[] Programs = ["/api", "/_adit", "/apps", "/authz", "/.well-known", "/metrics", "/healthz", "/readyz"];

    /// <summary>Adds it to the pipeline; after routing, before authorization.</summary>
    public static void UseWebUi(this IApplicationBuilder app, WebAssets assets) =>
        app.Use((context, next) => Serve(context, assets) ?? next(context));

    private static Task? Serve(HttpContext context, WebAssets assets)
    {
        var request = context.Request;
        if (context.GetEndpoint() is not null || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
            return null;
        var path = request.Path.Value ?? "/";
        if (Programs.Any(program => request.Path.StartsWithSegments(program, StringComparison.Ordinal)))
            return null;
        if (assets.Find(path) is { } file)
            return SendAsync(context, file);
        if (!WantsPage(request))
            return null;
        return assets.Index is { } index ? SendAsync(context, index) : MissingWebUi.AnswerAsync(context);
    }

    private static bool WantsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static async Task SendAsync(HttpContext context, WebAsset file)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        headers.ETag = file.ETag;
        headers.CacheControl = file.IsImmutable ? "public, max-age=31536000, immutable" : "no-cache";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (file.IsCompressed)
            headers.Vary = HeaderNames.AcceptEncoding;
        if (request.Headers.IfNoneMatch.ToString() is { Length: > 0 } known && known.Contains(file.ETag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var coding = file.IsCompressed ? ContentCoding.Choose(request.Headers.AcceptEncoding) : null;
        var (content, length) = file.Open(coding);
        await using (content)
        {
            response.ContentType = file.ContentType;
            response.ContentLength = length;
            if (coding is not null)
                headers.ContentEncoding = coding;
            if (HttpMethods.IsGet(request.Method))
                await content.CopyToAsync(response.Body, context.RequestAborted);
        }
    }
}
