using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>
/// The bytes of an object as a request sends them: plain, or in chunks each of which may be signed ("Signature Calculations for the Authorization Header: Transferring Payload in
/// Multiple Chunks"), with checksums after the last. What does not fit what was said of it throws at the end at the latest: nobody may show what was read before.
/// </summary>
internal sealed class PayloadReader : IDisposable
{
    public const string Unsigned = "UNSIGNED-PAYLOAD";

    private const string Signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    private const string SignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    private const string UnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    private const int LongestLine = 4096;
    private const int MostTrailers = 16;
    private const long MostChunk = 1 << 30;

    private static readonly string EmptyHash = Convert.ToHexStringLower(SHA256.HashData([]));

    private readonly Stream _body;
    private readonly ChunkSigning? _signing;
    private readonly bool _isChunked;
    private readonly bool _hasTrailer;
    private readonly byte[] _line = new byte[1];
    private readonly Checksums _checksums;
    private IncrementalHash? _chunkHash;
    private string _previous;
    private string? _chunkSignature;
    private long _left;
    private long _read;
    private bool _isOver;

    /// <exception cref="S3Refusal">Its length or form is not one that is taken.</exception>
    public PayloadReader(HttpRequest request, SignedRequest signed, long most)
    {
        _body = request.Body;
        (_isChunked, _hasTrailer) = signed.Payload switch
        {
            Signed => (true, false),
            SignedTrailer or UnsignedTrailer => (true, true),
            Unsigned => (false, false),
            { Length: 64 } hash when hash.All(char.IsAsciiHexDigitLower) => (false, false),
            _ when signed.Payload.StartsWith("STREAMING-", StringComparison.Ordinal) => throw S3Refusal.NotImplemented($"The payload '{signed.Payload[..Math.Min(60, signed.Payload.Length)]}'"),
            _ => throw S3Refusal.Invalid("x-amz-content-sha256 is a hash of 64 lower-case digits, UNSIGNED-PAYLOAD, or a streaming form."),
        };
        _signing = _isChunked && signed.Payload != UnsignedTrailer ? signed.Chunks : null;
        _previous = signed.Chunks.Seed;
        var length = _isChunked
            ? long.TryParse(request.Headers["x-amz-decoded-content-length"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var decoded) ? decoded : (long?)null
            : request.ContentLength;
        Length = length ?? throw new S3Refusal(411, "MissingContentLength", "The request has to say how many bytes it sends.");
        if (Length > most)
            throw new S3Refusal(400, "EntityTooLarge", $"At most {most} bytes are taken at once; send more in parts.");
        _checksums = new Checksums(request.Headers, _isChunked || signed.Payload == Unsigned ? null : signed.Payload, _hasTrailer);
        _chunkHash = _signing is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    }

    /// <summary>Bytes of the object.</summary>
    public long Length { get; }

    /// <summary>The MD5 of what was read, at the end.</summary>
    public byte[] Md5 => _checksums.Md5;

    /// <summary>Checksums that were asked for, by header, as they are said in the answer.</summary>
    public IReadOnlyList<(string Header, string Value)> Answer => _checksums.Answer;

    /// <summary>Reads bytes of the object; 0 when it is over, and then all that was said of it is so.</summary>
    /// <exception cref="S3Refusal">Something is not as it was said.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        if (_isOver)
            return 0;
        if (_isChunked && _left == 0 && !await NextChunkAsync(cancellationToken))
            return End();
        if (_isChunked)
            into = into[..(int)Math.Min(into.Length, _left)];
        var read = await _body.ReadAsync(into, cancellationToken);
        if (read == 0)
            return _isChunked ? throw Incomplete() : End();
        _read += read;
        if (_read > Length)
            throw Incomplete();
        _checksums.Append(into.Span[..read]);
        _chunkHash?.AppendData(into.Span[..read]);
        _left -= _isChunked ? read : 0;
        if (_isChunked && _left == 0)
            await EndChunkAsync(cancellationToken);
        return read;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _chunkHash?.Dispose();
        _chunkHash = null;
        _checksums.Dispose();
    }

    private static S3Refusal Incomplete() => new(400, "IncompleteBody", "The body has not the bytes that were said.");

    private int End()
    {
        _isOver = true;
        if (_read != Length)
            throw Incomplete();
        _checksums.Finish();
        return 0;
    }

    private async ValueTask<bool> NextChunkAsync(CancellationToken cancellationToken)
    {
        var head = await LineAsync(cancellationToken);
        var semicolon = head.IndexOf(';', StringComparison.Ordinal);
        var size = semicolon < 0 ? head : head[..semicolon];
        if (size.Length is 0 or > 8 || !long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left > MostChunk)
            throw S3Refusal.InvalidRequest("A chunk of the body has no size.");
        const string Mark = ";chunk-signature=";
        _chunkSignature = semicolon >= 0 && head.AsSpan(semicolon).StartsWith(Mark) ? head[(semicolon + Mark.Length)..] : null;
        if (_left > 0)
            return true;
        CheckChunk();
        await TrailersAsync(cancellationToken);
        return false;
    }

    private async ValueTask EndChunkAsync(CancellationToken cancellationToken)
    {
        if (await LineAsync(cancellationToken) is not "")
            throw S3Refusal.InvalidRequest("A chunk of the body does not end where it says.");
        CheckChunk();
    }

    private void CheckChunk()
    {
        if (_signing is null)
            return;
        var hash = Convert.ToHexStringLower(_chunkHash!.GetHashAndReset());
        _previous = Check("AWS4-HMAC-SHA256-PAYLOAD", $"{EmptyHash}\n{hash}", _chunkSignature);
    }

    private string Check(string kind, string what, string? said)
    {
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(_signing!.Key, Encoding.ASCII.GetBytes($"{kind}\n{_signing.Stamp}\n{_signing.Scope}\n{_previous}\n{what}")));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.Latin1.GetBytes(said ?? "")))
            throw new S3Refusal(403, "SignatureDoesNotMatch", "A part of the body has another signature than it says.");
        return expected;
    }

    private async ValueTask TrailersAsync(CancellationToken cancellationToken)
    {
        var trailers = new StringBuilder();
        for (var i = 0; i < MostTrailers; i++)
        {
            var line = await LineAsync(cancellationToken, mayEnd: true);
            if (line.Length == 0)
                break;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? (line, "") : (line[..colon].Trim(), line[(colon + 1)..].Trim());
            if (name == "x-amz-trailer-signature")
            {
                if (_signing is not null)
                    Check("AWS4-HMAC-SHA256-TRAILER", Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(trailers.ToString()))), value);
                trailers.Clear();
                continue;
            }

            if (!_hasTrailer)
                throw S3Refusal.InvalidRequest("There is more after the last chunk of the body.");
            trailers.Append(name.ToLowerInvariant()).Append(':').Append(value).Append('\n');
            _checksums.Expect(name, value);
        }

        if (_signing is not null && trailers.Length > 0)
            throw new S3Refusal(403, "SignatureDoesNotMatch", "What follows the body is not signed.");
        if (await _body.ReadAsync(_line, cancellationToken) != 0)
            throw S3Refusal.InvalidRequest("There is more after the last chunk of the body.");
    }

    // Kestrel has the bytes at hand: one at a time costs little, and nothing of the chunk is taken with them.
    private async ValueTask<string> LineAsync(CancellationToken cancellationToken, bool mayEnd = false)
    {
        var line = ArrayPool<byte>.Shared.Rent(LongestLine);
        try
        {
            for (var length = 0; ;)
            {
                if (await _body.ReadAsync(_line, cancellationToken) == 0)
                    return mayEnd && length == 0 ? "" : throw Incomplete();
                if (_line[0] == '\n')
                    return Encoding.Latin1.GetString(line, 0, length > 0 && line[length - 1] == '\r' ? length - 1 : length);
                if (length == LongestLine)
                    throw S3Refusal.InvalidRequest("The body has a line that is too long.");
                line[length++] = _line[0];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(line);
        }
    }
}
