using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.Access;

/// <summary>Somebody at a browser: keeps the cookies of the hub's own host and says what a page of the hub would say.</summary>
internal sealed class TestBrowser : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly HttpClient _http;

    public TestBrowser(TestHub hub)
    {
        _http = LoopbackHttp.Create();
        _http.BaseAddress = hub.Address;
        _http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
    }

    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>The session, once signed in.</summary>
    public CurrentSession? Session { get; private set; }

    public static async Task<TestBrowser> SignedInAsync(TestHub hub, string? token = null)
    {
        var browser = new TestBrowser(hub);
        using var answer = await browser.SendAsync(HttpMethod.Post, "/api/v1/sign-in/token", new TokenSignInRequest { Token = token ?? hub.AdminToken });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return browser;
    }

    public Task<HttpResponseMessage> SignInAsync(string name, string password, string? source = null) =>
        SendAsync(HttpMethod.Post, "/api/v1/sign-in", new SignInRequest { Source = source, Name = name, Password = password });

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body, body.GetType(), options: JsonSerializerOptions.Web);
        if (Cookies.Count > 0)
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(static c => $"{c.Key}={c.Value}")));
        if (Session?.Csrf is { } csrf)
            request.Headers.Add("X-Adit-Csrf", csrf);
        change?.Invoke(request);
        var answer = await _http.SendAsync(request).WaitAsync(Deadline);
        if (answer.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            foreach (var cookie in cookies)
                Keep(cookie.Split(';')[0]);
        }

        if (answer.IsSuccessStatusCode && (path.StartsWith("/api/v1/sign-in", StringComparison.Ordinal) || path.EndsWith("/redeem", StringComparison.Ordinal)) && method == HttpMethod.Post)
            Session = await answer.Content.ReadFromJsonAsync(SessionsJson.Default.CurrentSession);
        return answer;
    }

    public async Task<T> GetAsync<T>(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web))!;
    }

    public async Task<HttpStatusCode> StatusAsync(string path = "/api/v1/session")
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        return answer.StatusCode;
    }

    public void Dispose() => _http.Dispose();

    private void Keep(string pair)
    {
        var parts = pair.Split('=', 2);
        if (parts[1].Length == 0)
            Cookies.Remove(parts[0]);
        else
            Cookies[parts[0]] = parts[1];
    }
}
