using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Adit.Hub.Access.Accounts;

/// <summary>What names, addresses and passwords may be. Messages are sentences for whoever typed them.</summary>
internal static class AccountRules
{
    public const int LongestName = 63;
    public const int LongestPassword = 256;
    public const int ShortestPassword = 10;

    private const int LongestDisplayName = 100;
    private const int LongestEmail = 254;

    /// <summary>Why a text cannot be the name of an account or group; null when it can.</summary>
    public static string? NameRefusal([NotNull] string? name, string what = "An account")
    {
        name ??= "";
        return name.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(name[0]) && name.All(IsNameCharacter)
            ? null
            : $"{what}'s name is 1 to {LongestName} of a-z, 0-9, '-', '_' and '.', and begins with a letter or digit.";
    }

    /// <summary>Why a text cannot be shown as somebody's name; null when it can.</summary>
    public static string? DisplayNameRefusal(string? name) => name is null || (name.Length <= LongestDisplayName && !name.Any(char.IsControl))
        ? null
        : $"A display name has at most {LongestDisplayName} characters, none of them control characters.";

    /// <summary>Why a text cannot be an e-mail address; null when it can. Whether it gets post is for post to find out.</summary>
    public static string? EmailRefusal(string? email) => email is null or "" || (email.Length <= LongestEmail && email.Count(static c => c == '@') == 1
        && email[0] != '@' && email[^1] != '@' && !email.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '<' or '>' or ',' or ';'))
        ? null
        : $"'{(email.Length > 60 ? email[..60] + "…" : email)}' is no e-mail address.";

    /// <summary>Why a text cannot be somebody's password; null when it can.</summary>
    public static string? PasswordRefusal(string? password, Account account)
    {
        if (password is not { Length: >= ShortestPassword and <= LongestPassword })
            return $"A password has {ShortestPassword} to {LongestPassword} characters.";
        if (password.Distinct().Count() < 4)
            return "This password repeats the same few characters; take another.";
        string?[] known = [account.Name, account.Email, account.Email?.Split('@')[0], account.DisplayName];
        return known.Any(text => text is { Length: > 0 } && password.Equals(text, StringComparison.OrdinalIgnoreCase))
            ? "A password must not be one's own name or e-mail address; take another."
            : null;
    }

    /// <summary>The name that a directory's or provider's word becomes here; null when nothing is left of it.</summary>
    public static string? Sanitized(string? said)
    {
        if (said is null)
            return null;
        var at = said.IndexOf('@', StringComparison.Ordinal); // anna@example.com is anna here.
        var name = new StringBuilder();
        foreach (var c in (at > 0 ? said[..at] : said).Trim().ToLowerInvariant())
        {
            if (name.Length == LongestName)
                break;
            if (IsNameCharacter(c))
                name.Append(c);
            else if (name.Length > 0 && name[^1] != '-')
                name.Append('-');
        }

        var text = name.ToString().TrimStart('-', '_', '.').TrimEnd('-');
        return NameRefusal(text) is null ? text : null;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.';
}
