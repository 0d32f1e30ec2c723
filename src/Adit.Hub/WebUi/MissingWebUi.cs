using System.Text;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.WebUi;

/// <summary>The page of a hub that was built without its web interface: says so, and what to do.</summary>
internal static class MissingWebUi
{
    private static readonly byte[] Page = Encoding.UTF8.GetBytes(
        """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Adit</title>
        <h1>This hub has no web interface</h1>
        <p>It was built without it. Everything else works: the API, the tunnels, and the command line (<code>adit --help</code>).</p>
        <p>To have it, build the hub with <code>./run build</code>, or with <code>dotnet build -p:BuildWebUi=true</code>; both need Node.js and npm.</p>
        </html>

        """);

    public static Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status501NotImplemented;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = Page.Length;
        response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(Page).AsTask();
    }
}
