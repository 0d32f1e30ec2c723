using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Takes out of an application's answer what would reach beyond its own host: cookies for wider domains, cookies under the hub's names,
/// the clearing of the hub's cookies, TLS rules for every host below. Says who may show it in a frame.
/// </summary>
internal static class ResponseGuard
{
    /// <summary>What of a field goes on to the visitor; null for nothing.</summary>
    /// <param name="visit">Whose answer.</param>
    /// <param name="role">The field's role.</param>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public static string? Passed(Visit visit, HeaderRole role, string name, string value)
    {
        var passed = Passed(visit, role, value);
        return visit.Prefix.Length == 0 || passed is null ? passed : PrefixedAnswer.Passed(visit, name, passed);
    }

    private static string? Passed(Visit visit, HeaderRole role, string value) => role switch
    {
        HeaderRole.SetCookie => MaySet(value, HostName.Of(visit.Authority)) ? value : null,
        HeaderRole.ClearSiteData => WithoutCookies(value),
        HeaderRole.StrictTransport => OwnHostOnly(value),
        HeaderRole.ContentPolicy => visit.Pass?.Grant is null ? value : WithoutFrameAncestors(value),
        HeaderRole.FrameOptions => visit.Pass?.Grant is null ? value : null,
        _ => value,
    };

    /// <summary>Adds what the gate says to an answer that a door let pass.</summary>
    public static void Complete(Visit visit)
    {
        var headers = visit.Response.Headers;
        if (visit.RenewedTicket is { } cookie && visit.Response.StatusCode != StatusCodes.Status101SwitchingProtocols)
        {
            headers.SetCookie = StringValues.Concat(headers.SetCookie, cookie);
            headers.CacheControl = StringValues.Concat(headers.CacheControl, "private");
        }

        if (visit.Pass is not { } pass)
            return;
        if (pass.Grant is { } grant)
            headers.ContentSecurityPolicy = StringValues.Concat(headers.ContentSecurityPolicy, grant.FrameAncestors);
        else if (visit.OpenedByCookie)
            headers.ContentSecurityPolicy = StringValues.Concat(headers.ContentSecurityPolicy, OwnFrames(headers));
    }

    // Several policies hold at once, so that this one takes nothing back. But a browser that finds frame-ancestors no longer looks at
    // X-Frame-Options, which may have said less.
    private static string OwnFrames(IHeaderDictionary headers) =>
        headers.XFrameOptions.ToString().Contains("deny", StringComparison.OrdinalIgnoreCase) ? "frame-ancestors 'none'" : "frame-ancestors 'self'";

    private static bool MaySet(ReadOnlySpan<char> cookie, ReadOnlySpan<char> host)
    {
        var end = cookie.IndexOf(';');
        if (DoorCookies.IsReserved(DoorCookies.NameOf(end < 0 ? cookie : cookie[..end])))
            return false;
        while (end >= 0)
        {
            cookie = cookie[(end + 1)..];
            end = cookie.IndexOf(';');
            var attribute = end < 0 ? cookie : cookie[..end];
            if (!DoorCookies.NameOf(attribute).Equals("Domain", StringComparison.OrdinalIgnoreCase) || attribute.IndexOf('=') is not (>= 0 and var at))
                continue;
            var domain = attribute[(at + 1)..].Trim().TrimStart('.');
            if (!domain.IsEmpty && !domain.Equals(host, StringComparison.OrdinalIgnoreCase))
                return false;
        }

        return true;
    }

    // W3C Clear-Site-Data section 3.1: a list of quoted names. "*" means cookies too.
    private static string? WithoutCookies(string value)
    {
        if (!value.Contains("cookies", StringComparison.OrdinalIgnoreCase) && !value.Contains('*'))
            return value;
        var kept = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(static item => item.Trim('"') switch
            {
                "*" => ["\"cache\"", "\"storage\"", "\"executionContexts\""],
                "cookies" => Array.Empty<string>(),
                _ => [item],
            });
        var text = string.Join(", ", kept.Distinct(StringComparer.Ordinal));
        return text.Length == 0 ? null : text;
    }

    private static string OwnHostOnly(string value) =>
        !value.Contains("includeSubDomains", StringComparison.OrdinalIgnoreCase) && !value.Contains("preload", StringComparison.OrdinalIgnoreCase)
            ? value
            : string.Join("; ", value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(static d => !d.Equals("includeSubDomains", StringComparison.OrdinalIgnoreCase) && !d.Equals("preload", StringComparison.OrdinalIgnoreCase)));

    private static string? WithoutFrameAncestors(string value)
    {
        if (!value.Contains("frame-ancestors", StringComparison.OrdinalIgnoreCase))
            return value;
        var policies = value.Split(',').Select(static policy => string.Join("; ", policy
                .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(static d => !d.StartsWith("frame-ancestors", StringComparison.OrdinalIgnoreCase))))
            .Where(static policy => policy.Length > 0);
        var text = string.Join(", ", policies);
        return text.Length == 0 ? null : text;
    }
}
