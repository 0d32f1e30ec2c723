using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Lists of tokens such as Connection, TE and Upgrade hold them (RFC 9110 section 5.6.1).</summary>
internal static class HopByHop
{
    /// <summary>Whether a comma-separated list holds a token, without regard to case.</summary>
    public static bool Lists(ReadOnlySpan<char> list, ReadOnlySpan<char> token)
    {
        foreach (var range in list.Split(','))
        {
            if (list[range].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>Whether any of several lists holds a token.</summary>
    public static bool AnyLists(StringValues lists, string token)
    {
        for (var i = 0; i < lists.Count; i++)
        {
            if (Lists(lists[i], token))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a Connection field names anything but what the forwarder handles by itself. Almost none does, so the fields it names are
    /// looked for only then.
    /// </summary>
    public static bool NamesFields(StringValues connection)
    {
        for (var i = 0; i < connection.Count; i++)
        {
            ReadOnlySpan<char> list = connection[i];
            foreach (var range in list.Split(','))
            {
                var token = list[range].Trim(" \t");
                if (!token.IsEmpty && !token.Equals("keep-alive", StringComparison.OrdinalIgnoreCase)
                    && !token.Equals("close", StringComparison.OrdinalIgnoreCase)
                    && !token.Equals("upgrade", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
