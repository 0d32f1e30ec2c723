using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>
/// Talks to one provider: its discovery document and keys, kept for an hour; codes for tokens; what it knows of somebody. Every request has
/// a deadline, every answer a bound, and no redirect is followed.
/// </summary>
internal sealed class OidcProvider : IDisposable
{
    private const int MaxAnswer = 256 * 1024;
    private const int MaxSecretFile = 4096;
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeysAgain = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly OidcOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private Known? _known;

    public OidcProvider(OidcOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
#pragma warning disable CA2000 // The client owns its handler.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !options.Issuer.IsLoopback,
            ConnectTimeout = options.Timeout,
            MaxConnectionsPerServer = 16,
        };
#pragma warning restore CA2000
        if (options.CaFile is { } file)
        {
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.ImportFromPemFile(file);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain };
        }

        _http = new HttpClient(handler) { Timeout = options.Timeout, MaxResponseContentBufferSize = MaxAnswer };
    }

    /// <summary>What the provider says of itself; an hour old at most, or older when it does not answer now.</summary>
    /// <exception cref="OidcException">It cannot be found out.</exception>
    public async Task<OidcMetadata> DescribeAsync(CancellationToken cancellationToken) => (await KnowAsync(null, cancellationToken)).Metadata;

    /// <summary>The keys that may have signed a token; fetched again when the one it names is not among them, but not more often than each half minute.</summary>
    /// <exception cref="OidcException">They cannot be found out.</exception>
    public async Task<IReadOnlyList<SecurityKey>> KeysAsync(string? keyId, CancellationToken cancellationToken) => (await KnowAsync(keyId, cancellationToken)).Keys;

    /// <summary>Exchanges a code (RFC 6749 4.1.3, RFC 7636 4.5).</summary>
    /// <exception cref="OidcException">It is refused.</exception>
    public async Task<(string IdToken, string? AccessToken)> ExchangeAsync(string code, string verifier, string redirectUri, CancellationToken cancellationToken)
    {
        var metadata = await DescribeAsync(cancellationToken);
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = redirectUri,
            ["code_verifier"] = verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, metadata.Token);
        if (ReadSecret() is not { } secret)
        {
            form["client_id"] = _options.ClientId;
        }
        else if (metadata.SecretInForm)
        {
            form["client_id"] = _options.ClientId;
            form["client_secret"] = secret;
        }
        else
        {
            var pair = $"{Uri.EscapeDataString(_options.ClientId)}:{Uri.EscapeDataString(secret)}"; // RFC 6749 2.3.1
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        request.Content = new FormUrlEncodedContent(form);
        using var answer = await SendAsync(request, "the exchange of the code", cancellationToken);
        return answer.RootElement.TryGetProperty("id_token", out var token) && token.ValueKind == JsonValueKind.String
            ? (token.GetString()!, answer.RootElement.TryGetProperty("access_token", out var access) ? access.GetString() : null)
            : throw new OidcException("its answer to the code has no id_token");
    }

    /// <summary>What the provider tells of somebody beside the token (OpenID Connect Core 1.0, 5.3); null when it has no such place.</summary>
    /// <exception cref="OidcException">It refuses.</exception>
    public async Task<JsonDocument?> UserInfoAsync(string accessToken, CancellationToken cancellationToken)
    {
        var metadata = await DescribeAsync(cancellationToken);
        if (metadata.UserInfo is not { } address)
            return null;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await SendAsync(request, "userinfo", cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<Known> KnowAsync(string? keyId, CancellationToken cancellationToken)
    {
        if (_known is { } known && IsEnough(known, keyId))
            return known;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_known is { } meanwhile && IsEnough(meanwhile, keyId))
                return meanwhile;
            return _known = await FetchAsync(cancellationToken);
        }
        catch (OidcException) when (_known is { } old && keyId is null)
        {
            return old; // Better than nobody getting in while it is away; the exchange will tell.
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool IsEnough(Known known, string? keyId)
    {
        var age = _time.GetElapsedTime(known.At);
        return age < Fresh && (keyId is null || age < KeysAgain || known.Keys.Any(k => k.KeyId == keyId));
    }

    private async Task<Known> FetchAsync(CancellationToken cancellationToken)
    {
        var address = new Uri(_options.Issuer.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration");
        var metadata = OidcMetadata.Parse(await GetAsync(address, cancellationToken), _options.Issuer);
        var keys = OidcMetadata.ParseKeys(Encoding.UTF8.GetString(await GetAsync(metadata.Keys, cancellationToken)));
        return new Known(metadata, keys, _time.GetTimestamp());
    }

    private async Task<byte[]> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await AnswerAsync(request, address.AbsolutePath, cancellationToken);
    }

    private async Task<JsonDocument> SendAsync(HttpRequestMessage request, string what, CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        try
        {
            var document = JsonDocument.Parse(await AnswerAsync(request, what, cancellationToken));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new JsonException("It is no object.");
        }
        catch (JsonException e)
        {
            throw new OidcException($"its answer to {what} is not JSON", e);
        }
    }

    private async Task<byte[]> AnswerAsync(HttpRequestMessage request, string what, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.SendAsync(request, cancellationToken);
            var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? body : throw new OidcException($"it answers {(int)answer.StatusCode} to {what}{ErrorOf(body)}");
        }
        catch (HttpRequestException e)
        {
            throw new OidcException(e.InnerException?.Message ?? e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OidcException($"it does not answer to {what} in time", e);
        }
    }

    // RFC 6749 5.2: a word, worth having in the log.
    private static string ErrorOf(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
                ? " (" + new string([.. error.GetString()!.Take(60).Where(static c => !char.IsControl(c))]) + ")"
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    // Read each time, so that a secret that was changed needs no restart.
    private string? ReadSecret()
    {
        if (_options.ClientSecretFile is not { } file)
            return null;
        try
        {
            using var reader = new StreamReader(file);
            var buffer = new char[MaxSecretFile];
            return new string(buffer, 0, reader.ReadBlock(buffer)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OidcException($"the secret's file {file} cannot be read: {e.Message}", e);
        }
    }

    private sealed record Known(OidcMetadata Metadata, IReadOnlyList<SecurityKey> Keys, long At);
}
