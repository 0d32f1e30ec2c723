using System.Text;

namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>What a search found.</summary>
/// <param name="Name">Its distinguished name.</param>
/// <param name="Attributes">The values of what was asked for, as bytes; names in any case.</param>
internal sealed record LdapEntry(string Name, IReadOnlyDictionary<string, IReadOnlyList<byte[]>> Attributes)
{
    /// <summary>The first value as text; null for none.</summary>
    public string? Text(string attribute) => Texts(attribute).FirstOrDefault();

    /// <summary>All values as text.</summary>
    public IEnumerable<string> Texts(string attribute) =>
        Attributes.TryGetValue(attribute, out var values) ? values.Select(Encoding.UTF8.GetString).Where(static v => v.Length > 0) : [];

    /// <summary>The first value as text, or in hexadecimal when it is none (an objectGUID); null for none.</summary>
    public string? Identifier(string attribute)
    {
        if (!Attributes.TryGetValue(attribute, out var values) || values is not [{ Length: > 0 } value, ..])
            return null;
        return Array.TrueForAll(value, static b => b is >= 0x20 and < 0x7f) ? Encoding.ASCII.GetString(value) : Convert.ToHexStringLower(value);
    }
}
