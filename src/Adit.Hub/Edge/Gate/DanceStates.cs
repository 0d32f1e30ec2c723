using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// What the browser keeps between being sent away to sign in and coming back: state, verifier and where it wanted to go, sealed
/// (AES-256-GCM) for this host. Text: base64url of nonce (12 bytes), tag (16 bytes) and ciphertext.
/// </summary>
internal sealed class DanceStates(byte[] key, TimeProvider time)
{
    /// <summary>How long signing in may take.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>The longest target that is kept; a longer one is forgotten. The cookie stays below 4 KB, which browsers keep.</summary>
    public const int LongestTarget = 2048;

    private const int StateLength = 16;
    private const int VerifierLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = StateLength + VerifierLength + 8;

    private readonly byte[] _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "adit dance state"u8.ToArray());

    /// <summary>Begins: makes a state and a verifier.</summary>
    public (DanceState State, string Sealed) Begin(string host, string target)
    {
        var state = new DanceState(
            RandomNumberGenerator.GetBytes(StateLength), RandomNumberGenerator.GetBytes(VerifierLength), target.Length > LongestTarget ? "/" : target);
        var plain = new byte[HeadLength + Encoding.UTF8.GetByteCount(state.Target)];
        state.State.CopyTo(plain, 0);
        state.Verifier.CopyTo(plain, StateLength);
        BinaryPrimitives.WriteInt64BigEndian(plain.AsSpan(StateLength + VerifierLength), (time.GetUtcNow() + Life).ToUnixTimeSeconds());
        Encoding.UTF8.GetBytes(state.Target, plain.AsSpan(HeadLength));
        var text = new byte[NonceLength + TagLength + plain.Length];
        RandomNumberGenerator.Fill(text.AsSpan(0, NonceLength));
        using var aead = new AesGcm(_key, TagLength);
        aead.Encrypt(
            text.AsSpan(0, NonceLength), plain, text.AsSpan(NonceLength + TagLength), text.AsSpan(NonceLength, TagLength), Encoding.UTF8.GetBytes(host));
        return (state, Base64Url.EncodeToString(text));
    }

    /// <summary>Opens what <see cref="Begin"/> sealed for this host; null when it did not, or too long ago.</summary>
    public DanceState? Open(string host, ReadOnlySpan<char> text)
    {
        if (text.Length > 4096 || !Base64Url.IsValid(text, out var length) || length <= NonceLength + TagLength + HeadLength)
            return null;
        var bytes = Base64Url.DecodeFromChars(text);
        var plain = new byte[bytes.Length - NonceLength - TagLength];
        using var aead = new AesGcm(_key, TagLength);
        try
        {
            aead.Decrypt(
                bytes.AsSpan(0, NonceLength), bytes.AsSpan(NonceLength + TagLength), bytes.AsSpan(NonceLength, TagLength), plain, Encoding.UTF8.GetBytes(host));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        var ends = BinaryPrimitives.ReadInt64BigEndian(plain.AsSpan(StateLength + VerifierLength));
        return ends < time.GetUtcNow().ToUnixTimeSeconds()
            ? null
            : new DanceState(plain[..StateLength], plain[StateLength..(StateLength + VerifierLength)], Encoding.UTF8.GetString(plain.AsSpan(HeadLength)));
    }
}

/// <summary>What a browser carries while it signs in.</summary>
/// <param name="State">128 random bits that come back with the code.</param>
/// <param name="Verifier">256 random bits that prove who began.</param>
/// <param name="Target">The path and query it wanted.</param>
internal sealed record DanceState(byte[] State, byte[] Verifier, string Target)
{
    /// <summary>The state as it stands in addresses.</summary>
    public string StateText { get; } = Base64Url.EncodeToString(State);

    /// <summary>The part of it that names the cookie.</summary>
    public string Name => StateText[..8];
}
