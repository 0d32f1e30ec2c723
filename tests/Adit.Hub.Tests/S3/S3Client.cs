using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;

namespace Adit.Hub.Tests.S3;

/// <summary>Signs as AWS Signature Version 4 says, written from the specification and not from the hub; and as a test wants it wrong.</summary>
internal sealed class S3Client(TestHub hub, string id, string secret) : IDisposable
{
    private const string Region = "us-east-1";

    private readonly HttpClient _http = LoopbackHttp.Create();

    /// <summary>Its key.</summary>
    public string Id => id;

    private string Host => string.Create(CultureInfo.InvariantCulture, $"s3.{TestHub.Domain}:{hub.Address.Port}");

    /// <summary>A client with a new key of a token's account.</summary>
    public static async Task<S3Client> CreateAsync(TestHub hub, string token, CreateS3KeyRequest? request = null)
    {
        using var api = hub.Api(token);
        using var answer = await api.PostAsJsonAsync("/api/v1/s3/keys", request ?? new CreateS3KeyRequest(), S3Json.Default.CreateS3KeyRequest);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var key = (await answer.Content.ReadFromJsonAsync(S3Json.Default.ApiS3Key))!;
        return new S3Client(hub, key.AccessKeyId, key.SecretAccessKey!);
    }

    /// <summary>The same key with another secret.</summary>
    public S3Client WithSecret(string other) => new(hub, id, other);

    /// <summary>Sends a signed request; <paramref name="target"/> is encoded already.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string target, byte[]? body = null, DateTimeOffset? at = null, string? payload = null, params (string Name, string Value)[] headers)
    {
        body ??= [];
        var stamp = Stamp(at ?? hub.Time.GetUtcNow());
        payload ??= Hex(SHA256.HashData(body));
        var signed = headers.Append(("host", Host)).Append(("x-amz-date", stamp)).Append(("x-amz-content-sha256", payload)).OrderBy(static h => h.Item1, StringComparer.Ordinal).ToArray();
        var names = string.Join(';', signed.Select(static h => h.Item1));
        var canonical = $"{method.Method}\n{Path(target)}\n{Query(target)}\n{string.Concat(signed.Select(static h => $"{h.Item1}:{h.Item2}\n"))}\n{names}\n{payload}";
        var signature = Sign(stamp, canonical);
        var request = new HttpRequestMessage(method, Address(target)) { Content = method == HttpMethod.Get || method == HttpMethod.Head ? null : new ByteArrayContent(body) };
        foreach (var (name, value) in signed.Where(static h => h.Item1 != "host"))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={id}/{stamp[..8]}/{Region}/s3/aws4_request, SignedHeaders={names}, Signature={signature}");
        return _http.SendAsync(request);
    }

    public Task<HttpResponseMessage> PutAsync(string target, string text) => SendAsync(HttpMethod.Put, target, Encoding.UTF8.GetBytes(text));

    public async Task<string> GetAsync(string target)
    {
        using var answer = await SendAsync(HttpMethod.Get, target);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : await CodeAsync(answer);
    }

    /// <summary>Follows a signed address.</summary>
    public Task<HttpResponseMessage> FollowAsync(string target, DateTimeOffset at, int seconds)
    {
        var stamp = Stamp(at);
        var credential = Uri.EscapeDataString($"{id}/{stamp[..8]}/{Region}/s3/aws4_request");
        var query = $"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={stamp}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host";
        var signature = Sign(stamp, $"GET\n{target}\n{query}\nhost:{Host}\n\nhost\nUNSIGNED-PAYLOAD");
        return _http.GetAsync(Address($"{target}?{query}&X-Amz-Signature={signature}"));
    }

    /// <summary>Puts in two signed chunks; <paramref name="spoil"/> changes what goes over the wire.</summary>
    public Task<HttpResponseMessage> PutChunkedAsync(string target, string first, string second, Func<string, string>? spoil = null)
    {
        const string Payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
        var stamp = Stamp(hub.Time.GetUtcNow());
        (string, string)[] signed = [("host", Host), ("x-amz-content-sha256", Payload), ("x-amz-date", stamp), ("x-amz-decoded-content-length", $"{first.Length + second.Length}")];
        var names = string.Join(';', signed.Select(static h => h.Item1));
        var seed = Sign(stamp, $"PUT\n{target}\n\n{string.Concat(signed.Select(static h => $"{h.Item1}:{h.Item2}\n"))}\n{names}\n{Payload}");
        var (body, previous) = (new StringBuilder(), seed);
        foreach (var chunk in new[] { first, second, "" })
        {
            previous = Hex(HMACSHA256.HashData(Key(stamp), Ascii($"AWS4-HMAC-SHA256-PAYLOAD\n{stamp}\n{stamp[..8]}/{Region}/s3/aws4_request\n{previous}\n{Hex(SHA256.HashData([]))}\n{Hex(SHA256.HashData(Ascii(chunk)))}")));
            body.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x};chunk-signature={previous}\r\n{chunk}\r\n");
        }

        var request = new HttpRequestMessage(HttpMethod.Put, Address(target)) { Content = new ByteArrayContent(Ascii(spoil?.Invoke(body.ToString()) ?? body.ToString())) };
        foreach (var (name, value) in signed.Where(static h => h.Item1 != "host"))
            request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization", $"AWS4-HMAC-SHA256 Credential={id}/{stamp[..8]}/{Region}/s3/aws4_request, SignedHeaders={names}, Signature={seed}");
        return _http.SendAsync(request);
    }

    /// <summary>A request that nobody signed.</summary>
    public Task<HttpResponseMessage> PlainAsync(string target) => _http.GetAsync(Address(target));

    /// <summary>The code of an error.</summary>
    public static async Task<string> CodeAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        var from = text.IndexOf("<Code>", StringComparison.Ordinal);
        return from < 0 ? $"{(int)answer.StatusCode} {text}" : text[(from + 6)..text.IndexOf("</Code>", StringComparison.Ordinal)];
    }

    public void Dispose() => _http.Dispose();

    // What is signed has one form, however the address is written.
    private static string Path(string target) => target.Split('?')[0].Replace("@", "%40", StringComparison.Ordinal).Replace("%2E", ".", StringComparison.Ordinal);

    private static string Query(string target) => target.Contains('?')
        ? string.Join('&', target.Split('?')[1].Split('&').Select(static p => p.Contains('=') ? p : p + "=").Order(StringComparer.Ordinal)) : "";

    private static string Stamp(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    // Not normalised: path tricks have to reach the hub.
    private Uri Address(string target) => new($"http://{Host}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private byte[] Key(string stamp) =>
        HMACSHA256.HashData(HMACSHA256.HashData(HMACSHA256.HashData(HMACSHA256.HashData(Ascii("AWS4" + secret), Ascii(stamp[..8])), Ascii(Region)), Ascii("s3")), Ascii("aws4_request"));

    private string Sign(string stamp, string canonical) =>
        Hex(HMACSHA256.HashData(Key(stamp), Ascii($"AWS4-HMAC-SHA256\n{stamp}\n{stamp[..8]}/{Region}/s3/aws4_request\n{Hex(SHA256.HashData(Ascii(canonical)))}")));
}
