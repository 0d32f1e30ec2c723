using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Adit.Hub.Tunnels;

/// <summary>Which names tunnels may have: one DNS label that cannot be mistaken for another (RFC 1035 2.3.1, RFC 5890 2.3.1).</summary>
internal static class TunnelName
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
        ["www", "api", "admin", "hub", "adit", "mail", "smtp", "imap", "ftp", "ns1", "ns2", "login", "auth", "sso", "status", "s3", "mlflow", "localhost", "wpad", "autoconfig", "autodiscover"],
        StringComparer.Ordinal);

    private static readonly string[] Adjectives = ["amber", "brave", "calm", "clear", "cosy", "deep", "eager", "fair", "fond", "glad", "grand", "keen", "kind", "lucid", "mild", "neat", "pale", "plain", "proud", "quick", "quiet", "rapid", "ripe", "sharp", "sunny", "swift", "tidy", "vivid", "warm", "wise"];

    private static readonly string[] Nouns = ["badger", "beacon", "birch", "brook", "canyon", "cedar", "comet", "copper", "coral", "delta", "ember", "falcon", "garnet", "harbor", "heron", "island", "jasper", "kestrel", "lagoon", "lantern", "maple", "meadow", "nickel", "onyx", "otter", "pebble", "quartz", "ridge", "river", "summit"];

    /// <summary>Why a name cannot be had; null when it can.</summary>
    public static string? Refusal(string name)
    {
        if (name.Length is 0 or > 63)
            return "A tunnel's name has 1 to 63 characters.";
        if (!name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || name[0] == '-' || name[^1] == '-')
            return $"The name '{Shown(name)}' is not a DNS label: use a-z, 0-9 and hyphens inside.";
        if (name.Length >= 4 && name[2] == '-' && name[3] == '-')
            return $"The name '{name}' could be mistaken for an internationalized one; names whose third and fourth characters are hyphens "
                + "are refused.";
        return Reserved.Contains(name) ? $"The name '{name}' is reserved; choose another." : null;
    }

    /// <summary>A random name that nobody has.</summary>
    /// <exception cref="TunnelRefusal">A hundred were tried.</exception>
    public static string Free(Func<string, bool> isTaken)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var name = Random();
            if (!isTaken(name))
                return name;
        }

        throw new TunnelRefusal(TunnelRefusalCode.NameTaken, "No free random name was found; give the tunnel a name.");
    }

    /// <summary>A name that people can read to each other; one of eight million.</summary>
    public static string Random() =>
        $"{Adjectives[RandomNumberGenerator.GetInt32(Adjectives.Length)]}-{Nouns[RandomNumberGenerator.GetInt32(Nouns.Length)]}-{RandomNumberGenerator.GetInt32(1000, 10000)}";

    /// <summary>Why a custom host name cannot be had; null when it can.</summary>
    public static string? HostRefusal(string host, string domain)
    {
        if (host.Length is 0 or > 253
            || Uri.CheckHostName(host) != UriHostNameType.Dns
            || !host.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'))
            return $"'{Shown(host)}' is not a host name in lower case.";
        if (host == domain || host.EndsWith("." + domain, StringComparison.Ordinal))
            return $"{host} is under the hub's own domain; ask for it by name.";
        return host.Contains('.', StringComparison.Ordinal) ? null : $"'{host}' has no dot; a custom host name is a full one.";
    }

    // What came from outside is shown without what a terminal would obey.
    private static string Shown(string text)
    {
        var plain = string.Concat(text.Where(static c => c is > ' ' and <= '~'));
        return plain.Length > 80 ? plain[..80] + "…" : plain;
    }
}
