using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;

namespace Adit.Hub.Secrets;

/// <summary>
/// Seals values with AES-256-GCM: 12 bytes of nonce, 16 of tag, the text. The key is 32 bytes in <c>secrets.key</c> of the data directory, made at
/// first: a copy of the database alone opens nothing. Whose a value is, its name and its version are authenticated, so that rows cannot be exchanged.
/// </summary>
internal sealed class SecretSeal
{
    /// <summary>The key's file.</summary>
    public const string FileName = "secrets.key";

    private const int KeyLength = 32;
    private static readonly int NonceLength = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagLength = AesGcm.TagByteSizes.MaxSize;

    private readonly byte[] _key;

    private SecretSeal(byte[] key) => _key = key;

    /// <summary>Reads the key of a data directory, or makes one where there is none.</summary>
    /// <exception cref="StorageException">There is one that is damaged or cannot be read, or none can be written.</exception>
    public static SecretSeal In(DataDirectory directory)
    {
        var path = directory.File(FileName);
        try
        {
            if (File.Exists(path))
            {
                // Never replaced: what it sealed would be lost.
                return File.ReadAllBytes(path) is { Length: KeyLength } known
                    ? new SecretSeal(known)
                    : throw new StorageException($"{path} is damaged: it has to have {KeyLength} bytes. Put it back from a backup; or remove it, and set all secrets anew.");
            }

            var key = RandomNumberGenerator.GetBytes(KeyLength);
            directory.WriteSecret(FileName, key);
            return new SecretSeal(key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The key of the secrets, {path}, cannot be read or made: {e.Message}", e);
        }
    }

    /// <summary>Seals a value.</summary>
    public byte[] Seal(SecretKey key, long version, ReadOnlySpan<byte> value)
    {
        var all = new byte[NonceLength + TagLength + value.Length];
        RandomNumberGenerator.Fill(all.AsSpan(0, NonceLength));
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(all.AsSpan(0, NonceLength), value, all.AsSpan(NonceLength + TagLength), all.AsSpan(NonceLength, TagLength), Bound(key, version));
        return all;
    }

    /// <summary>The random bytes with which a sealed value begins: no other has the same. Fewer when it is damaged.</summary>
    public static ReadOnlySpan<byte> NonceOf(byte[] value) => value.AsSpan(0, Math.Min(NonceLength, value.Length));

    /// <summary>Whether <see cref="Open"/> has a value.</summary>
    public bool CanOpen(Secret secret) => Decrypted(secret) is not null;

    /// <summary>Opens a value; null when it was sealed with another key, for something else, or is damaged.</summary>
    public string? Open(Secret secret) => Decrypted(secret) is { } text ? Encoding.UTF8.GetString(text) : null;

    private byte[]? Decrypted(Secret secret)
    {
        var all = secret.Sealed.AsSpan();
        if (all.Length <= NonceLength + TagLength)
            return null;
        var text = new byte[all.Length - NonceLength - TagLength];
        try
        {
            using var aes = new AesGcm(_key, TagLength);
            aes.Decrypt(all[..NonceLength], all[(NonceLength + TagLength)..], all.Slice(NonceLength, TagLength), text, Bound(secret.Key, secret.Version));
            return text;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    // Neither names nor projects have a line break.
    private static byte[] Bound(SecretKey key, long version) =>
        Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{key.Project}\n{key.Name}\n{version}"));
}
