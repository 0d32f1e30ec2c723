using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Adit.Content.Chunks;

namespace Adit.Content.Packs;

/// <summary>
/// Encrypts what an encrypted store writes: docs/reference/content.md, "Encryption". For any number of threads.
/// </summary>
internal sealed class FrameCipher : IDisposable
{
    public const int KeySize = 32;

    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly byte[] _frames;
    private readonly byte[] _ids;

    /// <param name="key">The store's key, 32 bytes.</param>
    /// <param name="salt">The store's own random bytes: the same key makes other keys in another store.</param>
    public FrameCipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        _frames = Derive(key, salt, "adit content frames");
        _ids = Derive(key, salt, "adit content ids");
        Check = Derive(key, salt, "adit content check");
    }

    /// <summary>What says whether a key is the right one, and nothing else.</summary>
    public byte[] Check { get; }

    /// <summary>Encrypts what follows <paramref name="head"/>: nonce, ciphertext, tag. <see cref="FrameHead.Sealing"/> bytes more than <paramref name="plain"/>.</summary>
    public void Seal(ReadOnlySpan<byte> head, ReadOnlySpan<byte> plain, Span<byte> sealedBytes)
    {
        var nonce = sealedBytes[..NonceSize];
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(_frames, TagSize);
        gcm.Encrypt(nonce, plain, sealedBytes.Slice(NonceSize, plain.Length), sealedBytes[(NonceSize + plain.Length)..], head);
    }

    /// <summary>Decrypts what was sealed so; false when it is not that.</summary>
    public bool TryOpen(ReadOnlySpan<byte> head, ReadOnlySpan<byte> sealedBytes, Span<byte> plain)
    {
        if (sealedBytes.Length != plain.Length + FrameHead.Sealing)
            return false;
        using var gcm = new AesGcm(_frames, TagSize);
        try
        {
            gcm.Decrypt(sealedBytes[..NonceSize], sealedBytes.Slice(NonceSize, plain.Length), sealedBytes[^TagSize..], plain, head);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>The frame as it is stored: <see cref="FrameHead.Sealing"/> bytes longer.</summary>
    public void Seal(in Frame frame, Span<byte> stored)
    {
        FrameHead.ChangeSealing(frame.Bytes.Span, stored);
        Seal(stored[..Frame.FixedHeader], frame.Bytes.Span[Frame.FixedHeader..], stored[Frame.FixedHeader..]);
    }

    /// <summary>The frame that was stored: <see cref="FrameHead.Sealing"/> bytes shorter; false when it is not that.</summary>
    public bool TryOpen(ReadOnlySpan<byte> stored, Span<byte> frame)
    {
        FrameHead.ChangeSealing(stored, frame);
        return TryOpen(stored[..Frame.FixedHeader], stored[Frame.FixedHeader..], frame[Frame.FixedHeader..]);
    }

    /// <summary>
    /// Ids as the index of an encrypted store has them: each half a block of AES. An id is as good as random, so no two blocks are alike and none says anything.
    /// </summary>
    public void SealIds(ReadOnlySpan<ChunkId> ids, Span<ChunkId> stored)
    {
        using var aes = Aes.Create();
        aes.Key = _ids;
        aes.EncryptEcb(
            MemoryMarshal.AsBytes(ids), MemoryMarshal.AsBytes(stored), PaddingMode.None);
    }

    /// <summary>The ids again.</summary>
    public void OpenIds(ReadOnlySpan<ChunkId> stored, Span<ChunkId> ids)
    {
        using var aes = Aes.Create();
        aes.Key = _ids;
        aes.DecryptEcb(
            MemoryMarshal.AsBytes(stored), MemoryMarshal.AsBytes(ids), PaddingMode.None);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_frames);
        CryptographicOperations.ZeroMemory(_ids);
    }

    private static byte[] Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt, string use)
    {
        var derived = new byte[KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, salt, Encoding.ASCII.GetBytes(use));
        return derived;
    }
}
