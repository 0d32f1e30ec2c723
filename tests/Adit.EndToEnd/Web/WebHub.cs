using System.Net.Http.Json;
using System.Text.Json;
using Adit.Testing;
using Microsoft.Playwright;

namespace Adit.EndToEnd.Web;

/// <summary>A hub process with its web interface, and what a test does there as different people.</summary>
internal sealed class WebHub : IAsyncDisposable
{
    public const string Password = "a long enough password";

    private readonly HttpClient _admin;

    private WebHub(HubProcess process)
    {
        Process = process;
        _admin = LoopbackHttp.Create(process.AdminToken);
        _admin.BaseAddress = new Uri(process.Url);
    }

    public HubProcess Process { get; }

    /// <summary>The hub's own address by its domain, as people use it.</summary>
    public string Url => $"http://adit.localhost:{Process.Port}";

    public static async Task<WebHub> StartAsync(IEnumerable<string>? arguments = null, string verb = "hub")
    {
        var hub = new WebHub(await HubProcess.StartAsync(arguments: arguments, verb: verb));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html");
        using var answer = await hub._admin.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.SkipUnless(answer.IsSuccessStatusCode, "The executable has no web interface: run ./run build, or build with -p:BuildWebUi=true.");
        return hub;
    }

    /// <summary>A request to the API as the first admin.</summary>
    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await _admin.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"POST {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>A question to the API as the first admin.</summary>
    public async Task<JsonElement> GetAsync(string path) => await _admin.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    /// <summary>A request to the API as the first admin.</summary>
    public async Task PutAsync(string path, object? body = null)
    {
        using var answer = await _admin.PutAsJsonAsync(path, body ?? new { }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"PUT {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>A request to the API as the first admin.</summary>
    public async Task PatchAsync(string path, object body)
    {
        using var answer = await _admin.PatchAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"PATCH {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>Makes an account that can sign in with <see cref="Password"/>, by the API alone.</summary>
    public async Task AccountAsync(string name, string role = "user", string? displayName = null)
    {
        var made = await PostAsync("/api/v1/accounts", new { name, role, displayName = displayName ?? char.ToUpperInvariant(name[0]) + name[1..] });
        var code = new Uri(made.GetProperty("invitation").GetProperty("url").GetString()!).Fragment[1..];
        using var stranger = LoopbackHttp.Create();
        using var answer = await stranger.PostAsJsonAsync(new Uri(Process.Url + "/api/v1/invitations/redeem"), new { code, password = Password }, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Signs a page in at the form, as an account made by <see cref="AccountAsync"/>.</summary>
    public async Task SignInAsync(IPage page, string name, string password = Password)
    {
        await page.GotoAsync($"{Url}/sign-in");
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).Or(page.GetByRole(AriaRole.Button, new() { Name = "Open the menu" })).First.WaitForAsync();
    }

    /// <summary>Signs a page in by the first admin's token.</summary>
    public async Task SignInByTokenAsync(IPage page)
    {
        await page.GotoAsync($"{Url}/sign-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a token instead" }).ClickAsync();
        await page.GetByLabel("Token").FillAsync(Process.AdminToken);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello", Level = 1 }).WaitForAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await Process.DisposeAsync();
    }
}
