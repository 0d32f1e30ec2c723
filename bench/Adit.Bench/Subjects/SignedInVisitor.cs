using System.Net.Http.Headers;
using System.Text;

namespace Adit.Bench.Subjects;

/// <summary>A browser that signs in to tunnels by the hub's session, with redirects.</summary>
internal sealed class SignedInVisitor : IDisposable
{
    private readonly AditHub _hub;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    public SignedInVisitor(AditHub hub) => _hub = hub;

    /// <summary>Closes a public tunnel to all but those who are signed in.</summary>
    public async Task CloseAsync(Subject tunnel, CancellationToken cancellationToken)
    {
        using var api = _hub.ApiClient();
        using var change = new StringContent("""{"access":"signed-in"}""", Encoding.UTF8, "application/json");
        using var answer = await api.PatchAsync($"/api/v1/tunnels/{tunnel.Host[..tunnel.Host.IndexOf('.', StringComparison.Ordinal)]}", change, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Signs in at the hub with its token, then at the tunnel; gives the cookie.</summary>
    public async Task<string> SignInAsync(Subject tunnel, CancellationToken cancellationToken)
    {
        var hubHost = tunnel.Host[(tunnel.Host.IndexOf('.', StringComparison.Ordinal) + 1)..];
        using var credentials = new StringContent($$"""{"token":"{{_hub.Token}}"}""", Encoding.UTF8, "application/json");
        var session = CookieOf(await SendAsync(HttpMethod.Post, hubHost, "/api/v1/sign-in/token", null, credentials, cancellationToken), "adit_session=");
        var away = await SendAsync(HttpMethod.Get, tunnel.Host, "/", null, null, cancellationToken);
        var there = await SendAsync(HttpMethod.Get, hubHost, Location(away).PathAndQuery, session, null, cancellationToken);
        var back = await SendAsync(HttpMethod.Get, tunnel.Host, Location(there).PathAndQuery, CookieOf(away, "adit_state_"), null, cancellationToken);
        return CookieOf(back, "adit_ticket=");
    }

    public void Dispose() => _http.Dispose();

    private static string CookieOf(HttpResponseHeaders headers, string name) =>
        headers.GetValues("Set-Cookie").First(c => c.StartsWith(name, StringComparison.Ordinal)).Split(';')[0];

    private static Uri Location(HttpResponseHeaders headers) => headers.Location ?? throw new IOException("the hub did not redirect");

    private async Task<HttpResponseHeaders> SendAsync(
        HttpMethod method, string host, string target, string? cookie, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{_hub.Port}{target}") { Content = content };
        request.Headers.Host = host;
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.Headers;
    }
}
