using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>An answer of the authority: what it said, where the resource is, and when to ask again.</summary>
internal readonly record struct AcmeAnswer(byte[] Body, string? Location, TimeSpan? RetryAfter)
{
    /// <summary>The body as JSON.</summary>
    /// <exception cref="AcmeException">It is not.</exception>
    public T Read<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type) ?? throw new AcmeException("The ACME authority answered null.");
        }
        catch (JsonException e)
        {
            throw new AcmeException("The ACME authority's answer is not what RFC 8555 says.", inner: e);
        }
    }
}

/// <summary>
/// Talks to one ACME authority (RFC 8555): signed requests, nonces, problems. Answers are bounded in size and time, redirects are not
/// followed. One request at a time.
/// </summary>
internal sealed class AcmeClient(HttpClient http, string directoryUrl, AcmeAccountKey key, TimeProvider time)
{
    // A nonce can go stale between any two requests (RFC 8555 section 6.5); an authority that never takes one is broken.
    private const int MostNonces = 5;

    private AcmeDirectory? _directory;
    private string? _account;
    private string? _nonce;

    /// <summary>The account's key.</summary>
    public AcmeAccountKey Key { get; } = key;

    /// <summary>Finds or opens the account.</summary>
    public async Task EnsureAccountAsync(string? email, CancellationToken cancellationToken)
    {
        if (_account is not null)
            return;
        var directory = await DirectoryAsync(cancellationToken);
        var request = new AcmeNewAccount(true, string.IsNullOrEmpty(email) ? null : ["mailto:" + email]);
        var answer = await PostAsync(directory.NewAccount, request, AcmeJson.Default.AcmeNewAccount, cancellationToken);
        _account = answer.Location ?? throw new AcmeException("The ACME authority did not say where the account is.");
    }

    /// <summary>Starts an order.</summary>
    public async Task<(AcmeOrder Order, string Url)> NewOrderAsync(string name, CancellationToken cancellationToken)
    {
        var directory = await DirectoryAsync(cancellationToken);
        try
        {
            var answer = await PostAsync(
                directory.NewOrder, new AcmeNewOrder([new AcmeIdentifier("dns", name)]), AcmeJson.Default.AcmeNewOrder, cancellationToken);
            return (answer.Read(AcmeJson.Default.AcmeOrder),
                answer.Location ?? throw new AcmeException("The ACME authority did not say where the order is."));
        }
        catch (AcmeException e) when (e.Is("accountDoesNotExist"))
        {
            // It was deactivated or the authority started anew: the next attempt opens another.
            _account = null;
            throw;
        }
    }

    /// <summary>Reads a resource (POST-as-GET, RFC 8555 section 6.3).</summary>
    public Task<AcmeAnswer> GetAsync(string url, CancellationToken cancellationToken) => PostBytesAsync(url, default, cancellationToken);

    /// <summary>Sends a signed JSON document.</summary>
    public Task<AcmeAnswer> PostAsync<T>(string url, T payload, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        PostBytesAsync(url, JsonSerializer.SerializeToUtf8Bytes(payload, type), cancellationToken);

    /// <summary>Says that a challenge may be looked at now: an empty JSON object (RFC 8555 section 7.5.1).</summary>
    public Task<AcmeAnswer> RespondAsync(string url, CancellationToken cancellationToken) =>
        PostBytesAsync(url, "{}"u8.ToArray(), cancellationToken);

    private async Task<AcmeAnswer> PostBytesAsync(string url, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var nonce = await NonceAsync(cancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Post, SafeUrl(url));
            request.Content = new ByteArrayContent(Key.Sign(url, nonce, _account, payload.Span));

            // Exactly this, without a charset (RFC 8555 section 6.2).
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            try
            {
                return await SendAsync(request, cancellationToken);
            }
            catch (AcmeException e) when (e.Is("badNonce") && attempt < MostNonces)
            {
                // The refusal brought a fresh one.
            }
        }
    }

    private async Task<AcmeDirectory> DirectoryAsync(CancellationToken cancellationToken)
    {
        if (_directory is not null)
            return _directory;
        using var request = new HttpRequestMessage(HttpMethod.Get, SafeUrl(directoryUrl));
        var found = (await SendAsync(request, cancellationToken)).Read(AcmeJson.Default.AcmeDirectory);
        if (found.NewNonce is null || found.NewAccount is null || found.NewOrder is null)
            throw new AcmeException($"{directoryUrl} is not an ACME directory; check the address.");
        return _directory = found;
    }

    private async Task<string> NonceAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _nonce, null) is { } kept)
            return kept;
        var directory = await DirectoryAsync(cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Head, SafeUrl(directory.NewNonce));
        await SendAsync(request, cancellationToken);
        return Interlocked.Exchange(ref _nonce, null) ?? throw new AcmeException("The ACME authority gave no nonce.");
    }

    // An authority reached by HTTPS has no business sending us elsewhere in clear.
    private Uri SafeUrl(string url)
    {
        var isTls = directoryUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        return Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && !isTls))
            ? uri
            : throw new AcmeException($"The ACME authority named an address that cannot be used: {(url.Length > 200 ? url[..200] : url)}");
    }

    private async Task<AcmeAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("Replay-Nonce", out var nonces))
                Volatile.Write(ref _nonce, nonces.FirstOrDefault());
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            var retryAfter = RetryAfter(response.Headers.RetryAfter);
            if (!response.IsSuccessStatusCode)
                throw Refusal(request, response.StatusCode, body, retryAfter);
            return new AcmeAnswer(body, response.Headers.Location?.ToString(), retryAfter);
        }
        catch (HttpRequestException e)
        {
            throw new AcmeException(
                $"The ACME authority at {request.RequestUri!.Authority} cannot be reached: {(e.InnerException ?? e).Message}", inner: e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AcmeException($"The ACME authority at {request.RequestUri!.Authority} did not answer in time.", inner: e);
        }
    }

    private static AcmeException Refusal(HttpRequestMessage request, HttpStatusCode status, byte[] body, TimeSpan? retryAfter)
    {
        AcmeProblem? problem = null;
        try
        {
            problem = JsonSerializer.Deserialize(body, AcmeJson.Default.AcmeProblem);
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps; the status must do.
        }

        var said = problem?.Detail is { Length: > 0 } detail ? ": " + OneLine(detail) : ".";
        return new AcmeException(
            $"The ACME authority at {request.RequestUri!.Authority} answered {(int)status}{said}", problem?.Type, retryAfter);
    }

    /// <summary>Text of the authority made fit for a log line.</summary>
    public static string OneLine(string text) =>
        new([.. text.Take(300).Select(c => char.IsControl(c) ? ' ' : c)]);

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? value) => value switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };
}
