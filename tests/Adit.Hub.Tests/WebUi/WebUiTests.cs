using System.IO.Compression;
using System.Net;
using System.Text.RegularExpressions;
using Adit.Hub.Tests.Tunnels;
using Adit.Hub.WebUi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tests.WebUi;

/// <summary>The web interface as the hub serves it. A Debug build may have none; <c>./test</c> builds it.</summary>
public sealed class WebUiTests
{
    private const int FirstPageLimit = 250_000;

    [Theory(Timeout = 60_000)]
    [InlineData("/")]
    [InlineData("/sign-in?to=%2Ftunnels")]
    [InlineData("/tunnels/demo/access")]
    public async Task A_browser_gets_the_page_at_every_address_of_the_interface(string path)
    {
        RequireInterface();
        await using var hub = await TestHub.StartAsync();
        using var answer = await GetAsync(hub, path, ("Accept", "text/html,*/*;q=0.8"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-cache", answer.Headers.CacheControl?.ToString());
        Assert.Contains("<div id=\"root\">", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_inline_and_nothing_of_others_may_run_in_it_and_nobody_may_frame_it()
    {
        RequireInterface();
        await using var hub = await TestHub.StartAsync();
        using var answer = await GetAsync(hub, "/", ("Accept", "text/html"));
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        var page = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=""/)|<style|\son\w+=|https?://", page);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/api/v1/nothing", HttpStatusCode.Unauthorized)]
    [InlineData("/.well-known/nothing", HttpStatusCode.Unauthorized)]
    [InlineData("/_adit/nothing", HttpStatusCode.Unauthorized)]
    public async Task What_programs_ask_for_is_never_a_page(string path, HttpStatusCode expected)
    {
        await using var hub = await TestHub.StartAsync();
        using var answer = await GetAsync(hub, path, ("Accept", "text/html"));
        Assert.Equal(expected, answer.StatusCode);
        Assert.NotEqual("text/html", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_who_asks_for_a_page_gets_one_at_an_unknown_address()
    {
        await using var hub = await TestHub.StartAsync();
        using var program = await GetAsync(hub, "/tunnels", ("Accept", "application/json"));
        Assert.NotEqual("text/html", program.Content.Headers.ContentType?.MediaType);
        using var missingFile = await GetAsync(hub, "/assets/gone-1234.js", ("Accept", "*/*"));
        Assert.NotEqual(HttpStatusCode.OK, missingFile.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tunnels_host_has_no_page_of_the_hub()
    {
        await using var hub = await TestHub.StartAsync();
        using var answer = await GetAsync(hub, "/", ("Accept", "text/html"), ("Host", $"demo.{TestHub.Domain}"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.DoesNotContain("<div id=\"root\">", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Files_with_a_hash_in_their_names_are_kept_for_ever_and_others_are_asked_for_again()
    {
        RequireInterface();
        await using var hub = await TestHub.StartAsync();
        foreach (var path in WebAssets.Embedded().Paths)
        {
            using var answer = await GetAsync(hub, "/" + path, ("Accept-Encoding", "br"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var caching = answer.Headers.CacheControl!.ToString();
            Assert.Equal(path.StartsWith("assets/", StringComparison.Ordinal), caching.Contains("immutable", StringComparison.Ordinal));
            using var again = await GetAsync(hub, "/" + path, ("If-None-Match", answer.Headers.ETag!.ToString()));
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Each_coding_of_a_file_is_the_same_file()
    {
        RequireInterface();
        await using var hub = await TestHub.StartAsync();
        using var plain = await GetAsync(hub, "/theme.js");
        using var brotli = await GetAsync(hub, "/theme.js", ("Accept-Encoding", "gzip, br;q=0.5"));
        using var gzip = await GetAsync(hub, "/theme.js", ("Accept-Encoding", "gzip, br;q=0"));
        Assert.Empty(plain.Content.Headers.ContentEncoding);
        Assert.Equal("br", brotli.Content.Headers.ContentEncoding.Single());
        Assert.Equal("gzip", gzip.Content.Headers.ContentEncoding.Single());
        Assert.Equal("Accept-Encoding", plain.Headers.Vary.Single());

        var text = await plain.Content.ReadAsStringAsync();
        Assert.Contains("localStorage", text, StringComparison.Ordinal);
        Assert.Equal(text, await TextAsync(new BrotliStream(await brotli.Content.ReadAsStreamAsync(), CompressionMode.Decompress)));
        Assert.Equal(text, await TextAsync(new GZipStream(await gzip.Content.ReadAsStreamAsync(), CompressionMode.Decompress)));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_first_page_is_below_250_KB_with_all_that_it_needs()
    {
        RequireInterface();
        await using var hub = await TestHub.StartAsync();
        using var index = await GetAsync(hub, "/", ("Accept", "text/html"));
        var page = await index.Content.ReadAsStringAsync();
        var files = Regex.Matches(page, "(?:src|href)=\"(/[^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.Contains(files, file => file.EndsWith(".js", StringComparison.Ordinal) && file.StartsWith("/assets/", StringComparison.Ordinal));
        // Of the fonts a browser fetches those whose letters are on the page.
        files.AddRange(WebAssets.Embedded().Paths.Where(path => path.Contains("-latin-wght", StringComparison.Ordinal)).Select(path => "/" + path));

        var total = 0L;
        foreach (var file in files.Append("/"))
        {
            using var answer = await GetAsync(hub, file, ("Accept", "text/html"), ("Accept-Encoding", "gzip"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            total += (await answer.Content.ReadAsByteArrayAsync()).Length;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{total} bytes in {files.Count + 1} files, by gzip");
        Assert.InRange(total, 50_000, FirstPageLimit);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hub_built_without_it_says_so_and_what_to_do()
    {
        var app = new ApplicationBuilder(new NoServices());
        app.UseWebUi(WebAssets.None);
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        context.Request.Method = "GET";
        context.Request.Path = "/";
        context.Request.Headers.Accept = "text/html";
        await app.Build()(context);
        Assert.Equal(StatusCodes.Status501NotImplemented, context.Response.StatusCode);
        context.Response.Body.Position = 0;
        var page = await TextAsync(context.Response.Body);
        Assert.Contains("no web interface", page, StringComparison.Ordinal);
        Assert.Contains("./run build", page, StringComparison.Ordinal);
    }

    private static void RequireInterface() =>
        Assert.SkipUnless(WebAssets.Embedded().Index is not null, "This build has no web interface: build with -p:BuildWebUi=true, or run ./test.");

    private static async Task<HttpResponseMessage> GetAsync(TestHub hub, string path, params (string Name, string Value)[] headers)
    {
        using var client = hub.Api("none");
        client.DefaultRequestHeaders.Authorization = null;
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string> TextAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
