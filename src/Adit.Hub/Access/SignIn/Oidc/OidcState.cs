using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>What a browser carries from the start of a sign-in with a provider to its end.</summary>
/// <param name="Source">The provider's name here.</param>
/// <param name="State">What the answer must repeat.</param>
/// <param name="Nonce">What the token must repeat.</param>
/// <param name="Verifier">RFC 7636.</param>
/// <param name="To">Where the browser goes then.</param>
/// <param name="Ends">Unix seconds.</param>
internal sealed record OidcState(string Source, string State, string Nonce, string Verifier, string To, long Ends);

/// <summary>
/// Keeps it in a cookie of the hub's own host: AES-256-GCM, base64url of nonce, tag and text. Nothing waits on the hub for a browser that
/// does not come back.
/// </summary>
internal sealed class OidcStateCookie(SignInKey key, TimeProvider time)
{
    private const int MaxLength = 8192;
    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    /// <summary>How long somebody may take at the provider.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    private readonly byte[] _key = key.For("sign-in with a provider");

    /// <summary>Gives it to the browser.</summary>
    public void Set(HttpContext context, OidcState state)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(state, OidcJson.Default.OidcState);
        var sealedText = new byte[NonceLength + TagLength + text.Length];
        RandomNumberGenerator.Fill(sealedText.AsSpan(0, NonceLength));
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(sealedText.AsSpan(0, NonceLength), text, sealedText.AsSpan(NonceLength + TagLength), sealedText.AsSpan(NonceLength, TagLength));
        Append(context, Base64Url.EncodeToString(sealedText), (long)Life.TotalSeconds);
    }

    /// <summary>Takes it from the browser; null when there is none that is good for this source now.</summary>
    public OidcState? Take(HttpContext context, string source)
    {
        var cookie = context.Request.Cookies[NameFor(context.Request)];
        Append(context, "", 0);
        return Open(cookie) is { } state && state.Source == source && time.GetUtcNow().ToUnixTimeSeconds() < state.Ends ? state : null;
    }

    private OidcState? Open(string? cookie)
    {
        if (cookie is not { Length: > 0 and <= MaxLength } || !Base64Url.IsValid(cookie))
            return null;
        var bytes = Base64Url.DecodeFromChars(cookie);
        if (bytes.Length <= NonceLength + TagLength)
            return null;
        var text = new byte[bytes.Length - NonceLength - TagLength];
        try
        {
            using var aes = new AesGcm(_key, TagLength);
            aes.Decrypt(bytes.AsSpan(0, NonceLength), bytes.AsSpan(NonceLength + TagLength), bytes.AsSpan(NonceLength, TagLength), text);
            return JsonSerializer.Deserialize(text, OidcJson.Default.OidcState);
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private static string NameFor(HttpRequest request) => request.IsHttps ? "__Host-adit_oidc" : "adit_oidc";

    // Lax: the provider sends the browser back by a navigation from its own site.
    private static void Append(HttpContext context, string value, long seconds) => context.Response.Headers.Append(
        "Set-Cookie", $"{NameFor(context.Request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{(context.Request.IsHttps ? "; Secure" : "")}");
}

/// <summary>JSON of the state.</summary>
[JsonSerializable(typeof(OidcState))]
internal sealed partial class OidcJson : JsonSerializerContext;
