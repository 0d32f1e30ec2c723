using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// What a customer's server signs to let one visitor in by a grant: a JSON Web Token (RFC 7519) with HS256 (RFC 7518 section 3.2) under
/// the grant's key. <c>aud</c> is the route's host, <c>exp</c> at most <see cref="Longest"/> ahead, <c>jti</c> good once; <c>sub</c>
/// (what the application is told of the visitor), <c>iat</c> and <c>nbf</c> may be there, anything else is not looked at.
/// </summary>
internal static class EmbedSignature
{
    /// <summary>How far ahead <c>exp</c> may be.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(5); // What another clock may be ahead.

    /// <summary>The most bytes of <c>sub</c>, in UTF-8.</summary>
    public const int MaxSubject = 100;

    private const int MaxLength = 2_048;
    private const int MinId = 8;
    private const int MaxId = 128;
    private static readonly JsonDocumentOptions Flat = new() { MaxDepth = 4 };

    /// <summary>Reads one.</summary>
    /// <param name="token">As it was sent: hostile until its signature is known to be right.</param>
    /// <param name="key">The grant's.</param>
    /// <param name="host">The route's host, without port.</param>
    /// <param name="now">The time.</param>
    /// <param name="claims">What it says.</param>
    /// <param name="why">When it does not count, why: a few words that are safe to show.</param>
    public static bool TryRead(
        string token, byte[] key, string host, DateTimeOffset now, [NotNullWhen(true)] out EmbedClaims? claims, [NotNullWhen(false)] out string? why)
    {
        claims = null;
        why = "it is not a JSON Web Token of three parts";
        if (token.Length > MaxLength || token.Count('.') != 2)
            return false;
        var (first, last) = (token.IndexOf('.', StringComparison.Ordinal), token.LastIndexOf('.'));
        if (Decode(token.AsSpan(0, first)) is not { } header || Decode(token.AsSpan(first + 1, last - first - 1)) is not { } payload
            || Decode(token.AsSpan(last + 1)) is not { } signature)
        {
            return false;
        }

        why = "its header does not say HS256";
        if (!SaysHs256(header))
            return false;
        why = "its signature is not right";
        if (!CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(token[..last])), signature))
            return false;
        (claims, why) = Claims(payload, host, now);
        return claims is not null;
    }

    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var count) == OperationStatus.Done ? bytes[..count] : null;
    }

    // RFC 7515 section 4.1.11: what crit names must be understood, and nothing is.
    private static bool SaysHs256(byte[] header)
    {
        using var json = Parse(header);
        return json is not null && Text(json.RootElement, "alg") == "HS256" && !json.RootElement.TryGetProperty("crit", out _);
    }

    private static (EmbedClaims?, string) Claims(byte[] payload, string host, DateTimeOffset now)
    {
        using var json = Parse(payload);
        if (json?.RootElement is not { } root)
            return (null, "what it says is not a JSON object");
        if (!IsFor(root, host))
            return (null, "its 'aud' is not this host");
        if (Seconds(root, "exp") is not { } ends)
            return (null, "it has no 'exp'");
        var at = now.ToUnixTimeMilliseconds() / 1000d;
        if (ends <= at)
            return (null, "it has expired");
        if (ends > at + Longest.TotalSeconds)
            return (null, "its 'exp' is more than 60 seconds ahead");
        if (Seconds(root, "nbf") > at)
            return (null, "it is not valid yet");
        if (Seconds(root, "iat") > at + Ahead.TotalSeconds)
            return (null, "its 'iat' is in the future: set the clock of the server that signs");
        if (Text(root, "jti") is not { Length: >= MinId and <= MaxId } id)
            return (null, "it has no 'jti' of 8 to 128 characters");
        if (root.TryGetProperty("sub", out var sub) && sub.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            return (null, "its 'sub' is no text");
        var subject = Text(root, "sub");
        if (subject is not null && (Encoding.UTF8.GetByteCount(subject) is 0 or > MaxSubject || subject.Any(char.IsControl)))
            return (null, "its 'sub' is empty, longer than 100 bytes, or has control characters");
        return (new EmbedClaims(id, subject, Seconds(root, "iat") ?? ends - Longest.TotalSeconds), "");
    }

    private static bool IsFor(JsonElement root, string host) => root.TryGetProperty("aud", out var aud) && aud.ValueKind switch
    {
        JsonValueKind.String => Is(aud, host),
        JsonValueKind.Array => aud.EnumerateArray().Any(one => one.ValueKind == JsonValueKind.String && Is(one, host)),
        _ => false,
    };

    private static bool Is(JsonElement aud, string host) => host.Equals(aud.GetString(), StringComparison.OrdinalIgnoreCase);

    private static double? Seconds(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) ? seconds : null;

    private static string? Text(JsonElement root, string name)
    {
        try
        {
            return root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half of a surrogate pair.
        }
    }

    private static JsonDocument? Parse(byte[] bytes)
    {
        try
        {
            var json = JsonDocument.Parse(bytes, Flat);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
                return json;
            json.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What a signature says.</summary>
/// <param name="Id">Good once.</param>
/// <param name="Subject">Who the visitor is at the customer's; null when that is not said.</param>
/// <param name="Issued">When it was signed at the earliest, in Unix seconds.</param>
internal sealed record EmbedClaims(string Id, string? Subject, double Issued);
