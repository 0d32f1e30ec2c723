using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Testing;

namespace Adit.Hub.Tests.Access.SignIn.Oidc;

/// <summary>A real provider (npm oidc-provider) in a process of its own, and somebody's browser as far as that one is concerned.</summary>
internal sealed partial class CompanyProvider : IAsyncDisposable
{
    private static readonly string Folder = Repository.Find("tests", "Adit.Hub.Tests", "Access", "SignIn", "Oidc", "provider");
    private static readonly SemaphoreSlim Installing = new(1, 1);

    private readonly TempDirectory _directory = new();
    private readonly int _port = Ports.Free();
    private readonly ChildProcess _process;
    private readonly HttpClient _control = new();

    private CompanyProvider(string hubOrigin) => _process = ChildProcess.Start(
        "node", [Path.Combine(Folder, "provider.mjs"), _port.ToString(CultureInfo.InvariantCulture), hubOrigin], new Dictionary<string, string?> { ["HTTP_PROXY"] = null });

    public Uri Issuer => new($"http://127.0.0.1:{_port}");

    public static async Task<CompanyProvider> StartAsync(string hubOrigin)
    {
        await InstallAsync();
        var provider = new CompanyProvider(hubOrigin);
        try
        {
            provider._directory.Write("secret", "client secret: with/odd+characters\n");
            await provider._process.WaitForLineAsync("listening");
            return provider;
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    public OidcOptions Options() => new()
    {
        Name = "company",
        Title = "The company",
        Issuer = Issuer,
        ClientId = "adit",
        ClientSecretFile = _directory.File("secret"),
        Scopes = ["openid", "profile", "email", "groups"],
        GroupsClaim = "groups",
        Timeout = TimeSpan.FromSeconds(20),
    };

    /// <summary>What the provider wrote, for messages.</summary>
    public string Output => _process.Output;

    /// <summary>Who signs in from now on.</summary>
    public Task BecomeAsync(string name) => ControlAsync("/test/account?name=" + name);

    /// <summary>New keys, and nobody is signed in any more.</summary>
    public Task RotateAsync() => ControlAsync("/test/rotate");

    /// <summary>From the hub's redirect to the one back to it.</summary>
    /// <param name="start">Where the hub sent the browser.</param>
    /// <param name="cookies">The browser's cookies of the provider.</param>
    /// <returns>Where the provider sends it: path and query of the hub.</returns>
    public async Task<string> PassAsync(Uri start, CookieContainer cookies)
    {
        using var http = Browser(cookies);
        var at = start;
        for (var i = 0; i < 10; i++)
        {
            using var answer = await http.GetAsync(at);
            var to = answer.Headers.Location ?? throw new InvalidOperationException($"{at} answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}\n{_process.Output}");
            at = to.IsAbsoluteUri ? to : new Uri(at, to);
            if (at.Port != _port)
                return at.PathAndQuery;
        }

        throw new InvalidOperationException("The provider sends the browser round in circles.");
    }

    /// <summary>Signs out at the provider, which tells the hub by its back channel.</summary>
    public Task SignOutAsync(CookieContainer cookies) => SignOutAsync(cookies, new Uri(Issuer, "/session/end"));

    /// <summary>Signs out at the provider from where the hub sent the browser.</summary>
    /// <returns>Where the provider sends it then; null when it stays there.</returns>
    public async Task<Uri?> SignOutAsync(CookieContainer cookies, Uri start)
    {
        using var http = Browser(cookies);
        using var asked = await http.GetAsync(start);
        var page = await asked.Content.ReadAsStringAsync();
        Assert.True(asked.IsSuccessStatusCode, page);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["xsrf"] = Xsrf.Match(page).Groups[1].Value, ["logout"] = "yes" });
        using var answer = await http.PostAsync(new Uri(Issuer, "/session/end/confirm"), form);
        Assert.True((int)answer.StatusCode < 400, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _control.Dispose();
        _directory.Dispose();
    }

    private static HttpClient Browser(CookieContainer cookies) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, CookieContainer = cookies });

    private async Task ControlAsync(string path)
    {
        using var answer = await _control.PostAsync(new Uri(Issuer, path), null);
        answer.EnsureSuccessStatusCode();
    }

    // ./test has done so already; a test that is run by itself does it the first time.
    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
                await ChildProcess.RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--prefix", Folder], within: TimeSpan.FromMinutes(2));
        }
        finally
        {
            Installing.Release();
        }
    }

    [GeneratedRegex("name=\"xsrf\" value=\"([^\"]+)\"")]
    private static partial Regex Xsrf { get; }
}
