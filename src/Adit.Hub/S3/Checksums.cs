using System.Numerics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>What a request says that its body's checksums are, and what they are. The MD5 is always made: it is the ETag.</summary>
internal sealed class Checksums : IDisposable
{
    private const string Prefix = "x-amz-checksum-";

    private static readonly uint[] Crc32Table = MakeTable32(0xEDB88320);
    private static readonly ulong[] Crc64Table = MakeTable64(0x9A6C_9329_AC4B_C9B5);

#pragma warning disable CA5351, CA5350 // S3's own: a name for bytes and a check of a wire, and no proof of anything.
    private readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351, CA5350
    private readonly IncrementalHash? _payload;
    private readonly string? _payloadHash;
    private readonly string? _contentMd5;
    private readonly string? _trailer;
    private readonly Dictionary<string, string> _expected = [];
    private readonly Dictionary<string, IncrementalHash> _hashes = [];
    private bool _hasCrc32, _hasCrc32C, _hasCrc64;
    private uint _crc32 = uint.MaxValue, _crc32C = uint.MaxValue;
    private ulong _crc64 = ulong.MaxValue;

    public Checksums(IHeaderDictionary headers, string? payloadHash, bool hasTrailer)
    {
        _payloadHash = payloadHash;
        _payload = payloadHash is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _contentMd5 = headers.ContentMD5.ToString() is { Length: > 0 } md5 ? md5 : null;
        if (_contentMd5 is not null && (_contentMd5.Length != 24 || !Convert.TryFromBase64String(_contentMd5, new byte[18], out var length) || length != 16))
            throw new S3Refusal(400, "InvalidDigest", "Content-MD5 is no MD5 in Base64.");
        foreach (var header in headers)
        {
            if (header.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && Begin(header.Key.ToLowerInvariant()))
                _expected[header.Key.ToLowerInvariant()] = header.Value.ToString();
        }

        if (hasTrailer && headers["x-amz-trailer"].ToString().Trim().ToLowerInvariant() is { Length: > 0 } trailer)
        {
            if (!Begin(trailer))
                throw S3Refusal.InvalidRequest("The trailer is no checksum that is known: crc32, crc32c, crc64nvme, sha1 or sha256.");
            _trailer = trailer;
        }
    }

    /// <summary>The MD5, after <see cref="Finish"/>.</summary>
    public byte[] Md5 { get; private set; } = [];

    /// <summary>What was asked for, with its value, after <see cref="Finish"/>.</summary>
    public IReadOnlyList<(string Header, string Value)> Answer { get; private set; } = [];

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _md5.AppendData(bytes);
        _payload?.AppendData(bytes);
        foreach (var hash in _hashes.Values)
            hash.AppendData(bytes);
        if (_hasCrc32)
            _crc32 = Crc32(_crc32, bytes);
        if (_hasCrc32C)
            _crc32C = Crc32C(_crc32C, bytes);
        if (_hasCrc64)
            _crc64 = Crc64(_crc64, bytes);
    }

    /// <summary>A trailer says a checksum.</summary>
    public void Expect(string name, string value)
    {
        if (!name.Equals(_trailer, StringComparison.OrdinalIgnoreCase))
            throw S3Refusal.InvalidRequest("A trailer comes that was not announced in x-amz-trailer.");
        _expected[_trailer!] = value;
    }

    /// <summary>All bytes came.</summary>
    /// <exception cref="S3Refusal">They are not those that were said.</exception>
    public void Finish()
    {
        Md5 = _md5.GetHashAndReset();
        if (_payload is not null && Convert.ToHexStringLower(_payload.GetHashAndReset()) != _payloadHash)
            throw new S3Refusal(400, "XAmzContentSHA256Mismatch", "The body has another SHA-256 than x-amz-content-sha256 says.");
        if (_contentMd5 is not null && Convert.ToBase64String(Md5) != _contentMd5)
            throw new S3Refusal(400, "BadDigest", "The body has another MD5 than Content-MD5 says.");
        if (_trailer is not null && !_expected.ContainsKey(_trailer))
            throw new S3Refusal(400, "MalformedTrailerError", "The trailer that was announced did not come.");
        Answer = [.. _expected.Select(e => (e.Key, Value(e.Key)))];
        foreach (var (header, value) in Answer)
        {
            if (_expected[header] != value)
                throw new S3Refusal(400, "BadDigest", $"The body has another checksum than {header} says.");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _md5.Dispose();
        _payload?.Dispose();
        foreach (var hash in _hashes.Values)
            hash.Dispose();
    }

    private static uint Crc32(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            crc = Crc32Table[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static ulong Crc64(ulong crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            crc = Crc64Table[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static uint Crc32C(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    private static uint[] MakeTable32(uint polynomial) => [.. Enumerable.Range(0, 256).Select(i =>
    {
        var value = (uint)i;
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? polynomial ^ (value >> 1) : value >> 1;
        return value;
    })];

    private static ulong[] MakeTable64(ulong polynomial) => [.. Enumerable.Range(0, 256).Select(i =>
    {
        var value = (ulong)i;
        for (var bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? polynomial ^ (value >> 1) : value >> 1;
        return value;
    })];

    // False for what is no checksum: the algorithm's and the type's own headers.
    private bool Begin(string header)
    {
        switch (header)
        {
            case Prefix + "crc32":
                return _hasCrc32 = true;
            case Prefix + "crc32c":
                return _hasCrc32C = true;
            case Prefix + "crc64nvme":
                return _hasCrc64 = true;
#pragma warning disable CA5350 // S3's own.
            case Prefix + "sha1":
                return _hashes.TryAdd(header, IncrementalHash.CreateHash(HashAlgorithmName.SHA1));
#pragma warning restore CA5350
            case Prefix + "sha256":
                return _hashes.TryAdd(header, IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
            default:
                return false;
        }
    }

    private string Value(string header)
    {
        Span<byte> bytes = stackalloc byte[8];
        switch (header)
        {
            case Prefix + "crc32":
            case Prefix + "crc32c":
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, ~(header.EndsWith('c') ? _crc32C : _crc32));
                return Convert.ToBase64String(bytes[..4]);
            case Prefix + "crc64nvme":
                System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, ~_crc64);
                return Convert.ToBase64String(bytes);
            default:
                return Convert.ToBase64String(_hashes[header].GetCurrentHash());
        }
    }
}
