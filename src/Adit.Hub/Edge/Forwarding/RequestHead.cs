using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Writes the head that the upstream gets, straight into the record that is sent.</summary>
internal static class RequestHead
{
    // Kestrel's parser of HTTP/1.1 lets none of these through; what came over HTTP/2 was never in a line.
    private static readonly SearchValues<char> BreaksLine = SearchValues.Create("\r\n\0");

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Decides how a request is forwarded and refuses what may not be.</summary>
    /// <exception cref="BadRequestException">It is ambiguous or not forwarded.</exception>
    public static RequestShape Classify(Visit visit)
    {
        var request = visit.Request;
        var headers = request.Headers;
        if (request.Method == "CONNECT")
        {
            return visit.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" }
                ? RequestShape.WebSocketOverHttp2
                : throw new BadRequestException(ForwardError.MethodRefused, "CONNECT");
        }

        if (headers.TransferEncoding.Count > 0)
        {
            // Kestrel lets Transfer-Encoding win over Content-Length and renames the loser. Somebody between here and the visitor may have
            // decided otherwise (RFC 9112 section 6.3), so such a request ends here.
            if (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length") || request.Protocol == "HTTP/1.0")
                throw new BadRequestException(ForwardError.BadRequest, "It has both Content-Length and Transfer-Encoding.");
            if (headers.TransferEncoding is not [{ } coding] || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                throw new BadRequestException(ForwardError.BadRequest, "Its Transfer-Encoding is not 'chunked', once.");
            return RequestShape.Chunked;
        }

        if (headers.Upgrade.Count > 0 && visit.IsHttp11 && HopByHop.AnyLists(headers.Connection, "upgrade")
            && visit.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && !HopByHop.AnyLists(headers.Upgrade, "h2c"))
        {
            return RequestShape.Upgrade;
        }

        if (headers.ContentLength is { } length)
            return length > 0 ? RequestShape.Sized : RequestShape.Bodiless;
        return visit.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true }
            ? RequestShape.Chunked
            : RequestShape.Bodiless;
    }

    /// <summary>Writes the head.</summary>
    /// <exception cref="BadRequestException">A part of it cannot be written without changing its meaning.</exception>
    public static void Write(Visit visit, Route route, TrustedProxies trusted)
    {
        var head = visit.Head;
        var request = visit.Request;
        var headers = request.Headers;
        head.Start();
        head.Write(visit.Shape == RequestShape.WebSocketOverHttp2 ? "GET" : request.Method);
        head.Write(" "u8);
        WriteTarget(head, visit.Target);
        head.Write(" HTTP/1.1\r\nHost: "u8);
        head.Write(route.Transforms.Host ?? visit.Authority);
        head.Write("\r\n"u8);
        WriteFields(visit, route);
        WriteFraming(head, visit.Shape, headers);
        if (trusted.IsEmpty || !trusted.Contains(visit.Peer))
            visit.Forwarded.Write(head, visit.Peer, visit.Authority, request.Scheme);
        else
            head.Write(ForwardedFields.Of(visit, trusted));
        if (visit.Prefix.Length > 0)
            head.WriteField(ForwardedFields.Prefix, visit.Prefix);
        head.WriteField("X-Request-Id", visit.Id);
        if (visit.Span is { } span)
            WriteTrace(head, span);
        WriteIdentity(visit, route);
        foreach (var (name, value) in route.Transforms.SetRequestHeaders)
            head.WriteField(name, value);
        head.Write("\r\n"u8);
    }

    /// <summary>Whether a field that Connection names, or a transform, takes out a field.</summary>
    public static bool IsTaken(string name, StringValues connection, bool connectionNamesFields, RouteTransforms transforms)
    {
        if (connectionNamesFields && HopByHop.AnyLists(connection, name))
            return true;
        foreach (var removed in transforms.RemoveRequestHeaders)
        {
            if (removed.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        foreach (var (set, _) in transforms.SetRequestHeaders)
        {
            if (set.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>The fields that say who the visitor is, without those that the route sets or removes itself.</summary>
    public static IEnumerable<KeyValuePair<string, string>> IdentityOf(Visit visit, Route route) => visit.Identity is not { } identity
        ? []
        : identity.Where(f => !IsTaken(f.Key, StringValues.Empty, false, route.Transforms));

    private static void WriteIdentity(Visit visit, Route route)
    {
        if (visit.Identity is null)
            return;
        if (route.Transforms.SetRequestHeaders.Count == 0 && route.Transforms.RemoveRequestHeaders.Count == 0)
        {
            visit.Head.Write(visit.IdentityLines);
            return;
        }

        foreach (var (name, value) in IdentityOf(visit, route))
            visit.Head.WriteField(name, value);
    }

    // The target as sent. An absolute one (RFC 9112 section 3.2.2) loses what Host says already; Kestrel has compared the two.
    private static void WriteTarget(RecordBuffer head, string target)
    {
        if (target.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new BadRequestException(ForwardError.BadRequest, "Its target holds a character that must be percent-encoded.");
        if (!target.StartsWith('/') && target != "*")
            throw new BadRequestException(ForwardError.BadRequest, "Its target is neither a path nor a URL.");
        head.Write(target);
    }

    private static void WriteFields(Visit visit, Route route)
    {
        var head = visit.Head;
        var headers = visit.Request.Headers;
        var connection = headers.Connection;
        var namesFields = connection.Count > 0 && HopByHop.NamesFields(connection);
        var mayTake = namesFields || route.Transforms.RemoveRequestHeaders.Count > 0 || route.Transforms.SetRequestHeaders.Count > 0;
        var checkLines = !visit.IsHttp11;
        foreach (var (name, values) in headers)
        {
            if (visit.Span is not null && IsTrace(name))
                continue;
            var role = HeaderRoles.Of(name);
            if (role is HeaderRole.EndToEnd && !mayTake)
                WriteFields(head, name, values, checkLines);
            else
                WriteFields(head, name, Passed(visit, name, role, values, connection, namesFields, route.Transforms), checkLines);
        }
    }

    // The hub's own span is what the application's span is a child of.
    internal static bool IsTrace(string name) =>
        name.Equals(HeaderNames.TraceParent, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.TraceState, StringComparison.OrdinalIgnoreCase);

    private static void WriteTrace(RecordBuffer head, Activity span)
    {
        head.WriteField(HeaderNames.TraceParent, span.Id!);
        if (span.TraceStateString is { Length: > 0 } state)
            WriteField(head, HeaderNames.TraceState, state, check: true);
    }

    private static void WriteFields(RecordBuffer head, string name, StringValues values, bool check)
    {
        for (var i = 0; i < values.Count; i++)
            WriteField(head, name, values[i] ?? "", check);
    }

    /// <summary>What of a field goes on to the upstream.</summary>
    internal static StringValues Passed(
        Visit visit, string name, HeaderRole role, StringValues values, StringValues connection, bool namesFields, RouteTransforms transforms)
    {
        if (IsTaken(name, connection, namesFields, transforms))
            return StringValues.Empty;
        return role switch
        {
            HeaderRole.EndToEnd or HeaderRole.SetCookie or HeaderRole.ClearSiteData or HeaderRole.StrictTransport or HeaderRole.ContentPolicy
                or HeaderRole.FrameOptions => values,
            HeaderRole.Te => HopByHop.AnyLists(values, "trailers") ? "trailers" : StringValues.Empty,
            HeaderRole.Expect => visit.Shape is RequestShape.Sized or RequestShape.Chunked && HopByHop.AnyLists(values, "100-continue")
                ? "100-continue" : StringValues.Empty,

            // What opened the hub's own gate goes no further.
            HeaderRole.Authorization => visit.OpenedByAuthorization ? StringValues.Empty : values,
            HeaderRole.Cookie => DoorCookies.Strip(values),
            _ => StringValues.Empty,
        };
    }

    /// <summary>Writes a field line; with <paramref name="check"/>, refuses what would not stay one.</summary>
    internal static void WriteField(RecordBuffer head, string name, string value, bool check)
    {
        if (check && (name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenChars) || value.AsSpan().ContainsAny(BreaksLine)))
            throw new BadRequestException(ForwardError.BadRequest, "One of its header fields cannot be written in HTTP/1.1.");
        head.WriteField(name, value);
    }

    private static void WriteFraming(RecordBuffer head, RequestShape shape, IHeaderDictionary headers)
    {
        switch (shape)
        {
            case RequestShape.Sized:
                head.Write("Content-Length: "u8);
                head.Write(headers.ContentLength!.Value);
                head.Write("\r\n"u8);
                break;
            case RequestShape.Bodiless when headers.ContentLength == 0:
                head.Write("Content-Length: 0\r\n"u8);
                break;
            case RequestShape.Chunked:
                head.Write("Transfer-Encoding: chunked\r\n"u8);
                break;
            case RequestShape.Upgrade:
                head.Write("Connection: Upgrade\r\n"u8);
                head.WriteField("Upgrade", headers.Upgrade.ToString());
                break;
            case RequestShape.WebSocketOverHttp2:
                head.Write("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "u8);
                Span<byte> key = stackalloc byte[24];
                RandomNumberGenerator.Fill(key[..16]);
                Base64.EncodeToUtf8InPlace(key, 16, out _);
                head.Write(key);
                head.Write("\r\n"u8);
                break;
        }
    }
}
