using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;

namespace Adit.Hub.Access.SignIn;

/// <summary>The key from which those of sign-in cookies follow: 32 bytes in <c>sign-in.key</c> of the data directory, made at first.</summary>
internal sealed class SignInKey
{
    private const string FileName = "sign-in.key";
    private const int Length = 32;

    private readonly byte[] _key;

    private SignInKey(byte[] key) => _key = key;

    /// <summary>Reads the key of a data directory.</summary>
    public static SignInKey In(DataDirectory directory)
    {
        var path = directory.File(FileName);
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: Length } known)
            return new SignInKey(known);
        var key = RandomNumberGenerator.GetBytes(Length);
        directory.WriteSecret(FileName, key);
        return new SignInKey(key);
    }

    /// <summary>The key for one purpose (RFC 5869).</summary>
    public byte[] For(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, Length, info: Encoding.UTF8.GetBytes(purpose));
}
