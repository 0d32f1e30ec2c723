using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Access;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>
/// Checks signatures as "AWS Signature Version 4 for API requests" has them, in the header and in the address, within 15 minutes of the hub's clock. What a request says of its
/// own body is checked when that is read (<see cref="PayloadReader"/>).
/// </summary>
internal sealed class SignatureV4(S3KeyBook keys, TimeProvider time)
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int LongestLife = 7 * 86_400;
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);

    /// <summary>Who signed a request.</summary>
    /// <exception cref="S3Refusal">Nobody, or not rightly.</exception>
    public SignedRequest Check(HttpRequest request, S3Target target)
    {
        var header = request.Headers.Authorization.ToString();
        if (target.Has("X-Amz-Signature") || target.Has("X-Amz-Algorithm"))
            return header.Length == 0 ? CheckAddress(request, target) : throw S3Refusal.InvalidRequest("A request is signed in its header or in its address, not in both.");
        if (header.StartsWith(Algorithm + " ", StringComparison.Ordinal))
            return CheckHeader(request, target, header[(Algorithm.Length + 1)..]);
        if (header.Length > 0 || target.Has("AWSAccessKeyId"))
            throw S3Refusal.InvalidRequest("Only signatures of version 4 are taken (AWS4-HMAC-SHA256).");
        throw S3Refusal.AccessDenied("The request is not signed; make a key with 'adit s3 key create'.");
    }

    private SignedRequest CheckHeader(HttpRequest request, S3Target target, string said)
    {
        string? credential = null, signed = null, signature = null;
        foreach (var part in said.Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            (credential, signed, signature) = name switch
            {
                "Credential" => (value, signed, signature),
                "SignedHeaders" => (credential, value, signature),
                "Signature" => (credential, signed, value),
                _ => (credential, signed, signature),
            };
        }

        if (credential is null || signed is null || signature is null)
            throw new S3Refusal(400, "AuthorizationHeaderMalformed", "The Authorization header needs Credential, SignedHeaders and Signature.");
        var stamp = request.Headers["x-amz-date"].ToString();
        if (stamp.Length == 0 && DateTimeOffset.TryParseExact(request.Headers.Date.ToString(), "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            stamp = date.ToString(TimeFormat, CultureInfo.InvariantCulture);
        var at = TimeOf(stamp) ?? throw S3Refusal.AccessDenied("The request has no x-amz-date as signatures need it.");
        if ((time.GetUtcNow() - at).Duration() > Skew)
            throw new S3Refusal(403, "RequestTimeTooSkewed", $"The request was signed at {stamp}, more than 15 minutes from the hub's time {time.GetUtcNow().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}; set your clock.");
        var payload = request.Headers["x-amz-content-sha256"].ToString();
        if (payload.Length == 0)
            throw S3Refusal.InvalidRequest("The header x-amz-content-sha256 is missing.");
        return Verify(request, target, credential, signed, signature, stamp, payload, isPresigned: false);
    }

    private SignedRequest CheckAddress(HttpRequest request, S3Target target)
    {
        if (target.Find("X-Amz-Algorithm") != Algorithm)
            throw new S3Refusal(400, "AuthorizationQueryParametersError", $"X-Amz-Algorithm is {Algorithm}.");
        if (target.Find("X-Amz-Credential") is not { } credential || target.Find("X-Amz-SignedHeaders") is not { } signed || target.Find("X-Amz-Signature") is not { } signature
            || target.Find("X-Amz-Date") is not { } stamp || TimeOf(stamp) is not { } at
            || !int.TryParse(target.Find("X-Amz-Expires"), NumberStyles.None, CultureInfo.InvariantCulture, out var life) || life is < 1 or > LongestLife)
            throw new S3Refusal(400, "AuthorizationQueryParametersError", $"A signed address needs X-Amz-Credential, -Date, -Expires (1 to {LongestLife} seconds), -SignedHeaders and -Signature.");
        var now = time.GetUtcNow();
        if (at - now > Skew)
            throw S3Refusal.AccessDenied("The address is not good yet; set the clock of who signed it.");
        if (now > at.AddSeconds(life))
            throw S3Refusal.AccessDenied("The address has expired; sign another.");
        var payload = request.Headers["x-amz-content-sha256"].ToString();
        return Verify(request, target, credential, signed, signature, stamp, payload.Length == 0 ? PayloadReader.Unsigned : payload, isPresigned: true);
    }

    private SignedRequest Verify(HttpRequest request, S3Target target, string credential, string signed, string signature, string stamp, string payload, bool isPresigned)
    {
        // The id of a key has no slash: KEY/20260102/us-east-1/s3/aws4_request.
        if (credential.Split('/') is not [var id, var date, var region, "s3", "aws4_request"] || region.Length is 0 or > 64 || date != stamp[..8])
            throw new S3Refusal(400, "AuthorizationHeaderMalformed", "The credential is not KEY/DATE/REGION/s3/aws4_request of the day on which it was signed.");
        if (keys.Open(id, date, region) is not { } found)
            throw new S3Refusal(403, "InvalidAccessKeyId", "There is no such key, or it has ended; make another with 'adit s3 key create'.");
        var names = signed.Split(';');
        Refuse(request, names, isPresigned);
        var scope = $"{date}/{region}/s3/aws4_request";
        // A presigned request's payload is signed as said when the header is signed, and as unsigned otherwise.
        var signedPayload = isPresigned && !names.Contains("x-amz-content-sha256") ? PayloadReader.Unsigned : payload;
        var canonical = Canonical(request, target, names, signedPayload);
        var text = $"{Algorithm}\n{stamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(canonical)))}";
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(found.SigningKey, Encoding.ASCII.GetBytes(text)));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.Latin1.GetBytes(signature)))
            throw new S3Refusal(403, "SignatureDoesNotMatch", "The signature is not the one that this request has with the secret of its key; check the secret, and that nothing on the way changes the request.");
        return new SignedRequest(found.Caller, signedPayload, new ChunkSigning(found.SigningKey, stamp, scope, expected));
    }

    private static void Refuse(HttpRequest request, string[] names, bool isPresigned)
    {
        if (names.Length > 100 || !names.Contains("host"))
            throw S3Refusal.AccessDenied("The host has to be signed.");
        foreach (var header in request.Headers)
        {
            var name = header.Key.ToLowerInvariant();
            if (name.StartsWith("x-amz-", StringComparison.Ordinal) && !names.Contains(name) && !(isPresigned && name == "x-amz-content-sha256"))
                throw S3Refusal.AccessDenied($"There were headers present in the request which were not signed: {name}.");
        }
    }

    // Header bytes came as Latin-1 and go back as that: what was sent is what was signed.
    private static string Canonical(HttpRequest request, S3Target target, string[] names, string payload)
    {
        var text = new StringBuilder(512).Append(request.Method).Append('\n').Append(target.CanonicalPath).Append('\n');
        var query = target.Query.Where(static q => q.Name != "X-Amz-Signature")
            .Select(static q => (Name: S3Target.Encode(q.Name, keepSlash: false), Value: S3Target.Encode(q.Value, keepSlash: false)))
            .OrderBy(static q => q.Name, StringComparer.Ordinal).ThenBy(static q => q.Value, StringComparer.Ordinal);
        text.AppendJoin('&', query.Select(static q => $"{q.Name}={q.Value}")).Append('\n');
        foreach (var name in names)
            text.Append(name).Append(':').AppendJoin(',', request.Headers[name].Select(Trimmed)).Append('\n');
        return text.Append('\n').AppendJoin(';', names).Append('\n').Append(payload).ToString();
    }

    private static string Trimmed(string? value)
    {
        var trimmed = (value ?? "").Trim(' ');
        while (trimmed.Contains("  ", StringComparison.Ordinal))
            trimmed = trimmed.Replace("  ", " ", StringComparison.Ordinal);
        return trimmed;
    }

    private static DateTimeOffset? TimeOf(string stamp) =>
        DateTimeOffset.TryParseExact(stamp, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}

/// <summary>A request whose signature was right.</summary>
/// <param name="Caller">Who it acts as.</param>
/// <param name="Payload">What it says of its body: a hash, or one of the words of <see cref="PayloadReader"/>.</param>
/// <param name="Chunks">How its chunks are signed, if they are.</param>
internal sealed record SignedRequest(Caller Caller, string Payload, ChunkSigning Chunks);

/// <summary>What signatures of chunks are made with; each goes on from the one before.</summary>
internal sealed record ChunkSigning(byte[] Key, string Stamp, string Scope, string Seed);
