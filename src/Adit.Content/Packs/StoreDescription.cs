using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Content.Packs;

/// <summary>The file <c>store.json</c>: what a store is.</summary>
/// <param name="Format">Always <c>adit-content-store</c>.</param>
/// <param name="Version">Of the format: 1.</param>
/// <param name="Encryption">How it is encrypted; null: it is not.</param>
internal sealed record StoreDescription(string Format, int Version, StoreEncryption? Encryption)
{
    private const string FormatName = "adit-content-store";
    private const int CurrentVersion = 1;
    private const int MostBytes = 64 << 10;

    /// <summary>Reads it, or writes it where the store is new, and makes the cipher of an encrypted store.</summary>
    /// <exception cref="IOException">It is no store, or of another version, or the key is not its key.</exception>
    public static FrameCipher? Open(StoreFiles files, string directory, byte[]? key)
    {
        var path = Path.Combine(directory, "store.json");
        if (!File.Exists(path))
        {
            if (PackFormat.List(directory).Count != 0)
                throw new IOException($"The file '{path}' is missing, though there are packs. Bring it back from a backup, or copy one of another store that is not encrypted.");
            return Create(files, path, key);
        }

        StoreDescription? store = null;
        try
        {
            if (new FileInfo(path).Length <= MostBytes)
                store = JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.StoreDescription);
        }
        catch (JsonException)
        {
            // Said below.
        }

        if (store?.Format != FormatName)
            throw new IOException($"The file '{path}' does not describe a content store. Bring it back from a backup.");
        if (store.Version != CurrentVersion)
            throw new IOException($"The store in '{directory}' has version {store.Version} of the format, and this program knows version {CurrentVersion}. Use a newer one.");
        if (store.Encryption == null)
            return key == null ? null : throw new IOException($"The store in '{directory}' is not encrypted, but a key was given. Leave the key away.");
        if (key == null)
            throw new IOException($"The store in '{directory}' is encrypted. Give its key.");
        var cipher = new FrameCipher(key, store.Encryption.Salt);
        return CryptographicOperations.FixedTimeEquals(cipher.Check, store.Encryption.Check)
            ? cipher
            : throw new IOException($"This is not the key of the store in '{directory}'. Give the key that it was made with.");
    }

    private static FrameCipher? Create(StoreFiles files, string path, byte[]? key)
    {
        var salt = RandomNumberGenerator.GetBytes(FrameCipher.KeySize);
        var cipher = key == null ? null : new FrameCipher(key, salt);
        var store = new StoreDescription(FormatName, CurrentVersion, cipher == null ? null : new StoreEncryption("aes-256-gcm", salt, cipher.Check));
        files.Replace(path, JsonSerializer.SerializeToUtf8Bytes(store, StoreJson.Default.StoreDescription));
        return cipher;
    }
}

/// <param name="Cipher">Always <c>aes-256-gcm</c>.</param>
/// <param name="Salt">32 random bytes.</param>
/// <param name="Check">What the right key makes of the salt: 32 bytes.</param>
internal sealed record StoreEncryption(string Cipher, byte[] Salt, byte[] Check);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StoreDescription))]
internal sealed partial class StoreJson : JsonSerializerContext;
