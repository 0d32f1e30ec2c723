using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Tasks;

/// <summary>
/// Names of tasks, and the tunnels that follow from them: <c>NAME--OWNER</c> for the main port, <c>PORT--NAME--OWNER</c> for the others. Each
/// is one DNS label (RFC 1035 2.3.1). No part has two hyphens together, so none can be taken for another.
/// </summary>
internal static class TaskNames
{
    private const int Longest = 30;
    private const int LongestOwner = 31;
    private const int LongestLabel = 63;

    /// <summary>Why a task cannot have a name; null when it can.</summary>
    public static string? Refusal(string name) => name.Length is 0 or 2 or > Longest || !IsLabel(name)
        ? $"'{Shown(name)}' is no name for a task: one has 1 or 3 to {Longest} of a-z, 0-9 and single hyphens inside (with two characters its address would look like an internationalized name)."
        : null;

    /// <summary>What stands for an account in addresses: its name where that is a label, otherwise what is left of it and four digits of its hash.</summary>
    public static string OwnerLabel(string account)
    {
        if (account.Length <= LongestOwner && IsLabel(account))
            return account;
        var plain = new StringBuilder();
        foreach (var c in account)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
                plain.Append(c);
            else if (plain.Length > 0 && plain[^1] != '-')
                plain.Append('-');
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)).AsSpan(0, 2));
        var text = plain.ToString().TrimEnd('-');
        text = text.Length > LongestOwner - 5 ? text[..(LongestOwner - 5)].TrimEnd('-') : text;
        return text.Length > 0 ? $"{text}-{hash}" : hash;
    }

    /// <summary>The tunnel of a port.</summary>
    /// <param name="name">The task's name.</param>
    /// <param name="account">Its owner.</param>
    /// <param name="port">The port; null for the main one.</param>
    public static string Tunnel(string name, string account, string? port) => $"{(port is null ? "" : port + "--")}{name}--{OwnerLabel(account)}";

    /// <summary>Why the tunnel of a port cannot be; null when it can.</summary>
    public static string? TunnelRefusal(string name, string account, string? port) => Tunnel(name, account, port).Length <= LongestLabel
        ? null
        : $"The address of the port '{port}' would be longer than {LongestLabel} characters; give the task a shorter name.";

    // It goes into an answer: what could not be shown is not.
    private static string Shown(string name) => name.Length <= LongestLabel && !name.Any(char.IsControl) ? name : name.Length + " characters";

    private static bool IsLabel(string text) =>
        text[0] != '-' && text[^1] != '-' && !text.Contains("--", StringComparison.Ordinal)
        && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
