using System.Net;

namespace Adit.Commands;

/// <summary>What a client calls itself on a hub: 1 to 63 characters of a-z, 0-9, '-', '.', '_'.</summary>
internal static class ClientName
{
    private const int MaxLength = 63;

    /// <summary>The machine's host name, made to fit.</summary>
    public static string OfThisMachine()
    {
        var name = new string([.. Dns.GetHostName().ToLowerInvariant().Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_').Take(MaxLength)]);
        return name.Length > 0 ? name : "client";
    }
}
