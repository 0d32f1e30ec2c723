using System.Collections.Specialized;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using Adit.Hub.Access.SignIn.Oidc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Adit.Hub.Tests.Access.SignIn.Oidc;

/// <summary>A provider that says what a test wants it to.</summary>
public sealed class LyingProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RSA _rsa = RSA.Create(2048);

    private LyingProvider()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Issuer => new(_app.Urls.First());

    /// <summary>Claims of the next token; null leaves one out.</summary>
    public Dictionary<string, object?> Claims { get; } = [];

    /// <summary>The next token as a whole, instead of one of the claims.</summary>
    public Func<LyingProvider, string>? Token { get; set; }

    /// <summary>What is answered to a path instead of what is right.</summary>
    public Dictionary<string, Func<HttpContext, Task>> Instead { get; } = [];

    /// <summary>How long the hub waits for it.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a path was asked.</summary>
    public Dictionary<string, int> Asked { get; } = [];

    public SigningCredentials Credentials => new(new RsaSecurityKey(_rsa) { KeyId = "one" }, SecurityAlgorithms.RsaSha256);

    public byte[] PublicKey => Encoding.UTF8.GetBytes(_rsa.ExportSubjectPublicKeyInfoPem());

    public static async Task<LyingProvider> StartAsync(TimeProvider time)
    {
        var provider = new LyingProvider();
        await provider._app.StartAsync();
        var now = time.GetUtcNow();
        provider.Claims["iss"] = provider.Issuer.AbsoluteUri.TrimEnd('/');
        provider.Claims["aud"] = "adit";
        provider.Claims["sub"] = "subject-1";
        provider.Claims["iat"] = now.ToUnixTimeSeconds();
        provider.Claims["exp"] = now.AddMinutes(10).ToUnixTimeSeconds();
        provider.Claims["preferred_username"] = "carol";
        provider.Claims["email"] = "carol@company.test";
        provider.Claims["name"] = "Carol";
        provider.Claims["sid"] = "provider-session";
        return provider;
    }

    public OidcOptions Options() => new() { Name = "company", Title = "The company", Issuer = Issuer, ClientId = "adit", Timeout = Patience };

    /// <summary>Signs claims, those of a sign-in by default.</summary>
    public string Sign(IReadOnlyDictionary<string, object?>? claims = null, SigningCredentials? credentials = null)
    {
        var present = (claims ?? Claims).Where(static c => c.Value is not null).ToDictionary(static c => c.Key, static c => c.Value!);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(JsonSerializer.Serialize(present), credentials ?? Credentials);
    }

    /// <summary>Where the browser would be sent back to, with the nonce put into the token.</summary>
    public string CallbackFor(Uri start, bool keepNonce = false)
    {
        NameValueCollection query = HttpUtility.ParseQueryString(start.Query);
        if (!keepNonce)
            Claims["nonce"] = query["nonce"];
        return QueryHelpers.AddQueryString(new Uri(query["redirect_uri"]!).AbsolutePath, new Dictionary<string, string?> { ["code"] = "any", ["state"] = query["state"] });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        lock (Asked)
        {
            Asked[path] = Asked.GetValueOrDefault(path) + 1;
        }

        if (Instead.TryGetValue(path, out var other))
            return other(context);
        var root = Issuer.AbsoluteUri.TrimEnd('/');
        return path switch
        {
            "/.well-known/openid-configuration" => JsonAsync(context, new Dictionary<string, object>
            {
                ["issuer"] = root,
                ["authorization_endpoint"] = root + "/authorize",
                ["token_endpoint"] = root + "/token",
                ["jwks_uri"] = root + "/keys",
            }),
            "/keys" => JsonAsync(context, new Dictionary<string, object> { ["keys"] = new[] { KeyOf(_rsa, "one") } }),
            "/token" => JsonAsync(context, new Dictionary<string, object> { ["id_token"] = Token?.Invoke(this) ?? Sign(), ["access_token"] = "a", ["token_type"] = "Bearer" }),
            _ => NotFoundAsync(context),
        };
    }

    private static Dictionary<string, string> KeyOf(RSA rsa, string id)
    {
        var parameters = rsa.ExportParameters(false);
        return new()
        {
            ["kty"] = "RSA", ["use"] = "sig", ["kid"] = id, ["n"] = Base64UrlEncoder.Encode(parameters.Modulus), ["e"] = Base64UrlEncoder.Encode(parameters.Exponent),
        };
    }

    private static Task JsonAsync(HttpContext context, object value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(value));
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }
}
