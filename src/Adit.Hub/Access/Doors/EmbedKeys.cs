using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// The keys of signed grants. They are not kept anywhere: each follows from the grant's id and the key of the hub's tickets
/// (HKDF with SHA-256, RFC 5869), so that the database alone, or a copy of it, signs nobody in. Whoever throws <c>door.key</c> away makes
/// all of them worthless.
/// </summary>
internal sealed class EmbedKeys(string dataDirectory)
{
    /// <summary>What the text of a key begins with, for scanners.</summary>
    public const string Prefix = "adit_embed_";

    private readonly Lazy<byte[]> _tickets = new(() => DoorTickets.KeyIn(dataDirectory));

    /// <summary>The key of a grant as text. Its bytes as ASCII are what signs.</summary>
    public string TextOf(string grant) =>
        Prefix + Base64Url.EncodeToString(HKDF.DeriveKey(HashAlgorithmName.SHA256, _tickets.Value, 32, info: Encoding.ASCII.GetBytes("adit embed " + grant)));

    /// <summary>The same as bytes.</summary>
    public byte[] Of(string grant) => Encoding.ASCII.GetBytes(TextOf(grant));
}
