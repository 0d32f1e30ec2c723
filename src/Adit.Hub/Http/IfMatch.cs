using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Http;

/// <summary>
/// The validators that a change was made for (If-Match, RFC 9110 13.1.1): of two who change one thing at once the second is told so. Weak
/// ones (<c>W/"…"</c>) never fit.
/// </summary>
internal readonly struct IfMatch
{
    private readonly string[]? _validators;

    private IfMatch(StringValues fields) =>
        _validators = fields.Count == 0 ? null : [.. fields.SelectMany(static f => (f ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>What a request says.</summary>
    public static IfMatch Of(HttpRequest request) => new(request.Headers.IfMatch);

    /// <summary>Whether the change is for one state only, and not for whichever there is (no field, or <c>*</c>).</summary>
    public bool IsPresent => _validators is { } all && !all.Contains("*");

    /// <summary>Whether the change may be made to what has this validator.</summary>
    public bool Allows(string etag) => !IsPresent || _validators!.Contains(etag);

    /// <summary>
    /// The same where a validator is a version in quotes: the version that the change was made for; null for whichever; -1, which there never
    /// was, for what is none of ours.
    /// </summary>
    public long? Version
    {
        get
        {
            if (!IsPresent)
                return null;
            return _validators is [['"', .. var version, '"']] && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
        }
    }
}
