using System.Globalization;
using Adit.Api;

namespace Adit.Terminal;

/// <summary>A request as one line.</summary>
internal static class RequestLine
{
    /// <summary>Time, method, status, duration, bytes out and path.</summary>
    public static string Plain(RequestSummary r) => string.Create(
        CultureInfo.InvariantCulture,
        $"{r.At.ToLocalTime():HH:mm:ss} {Status(r)} {r.Method,-6} {Words.Duration(r.Milliseconds),8} {Words.Bytes(r.BytesOut),8}  "
            + $"{Safe(r.Target)}{(r.Error is null ? "" : "  " + Safe(r.Error))}");

    /// <summary>The status, or what stands for none.</summary>
    public static string Status(RequestSummary r) => r.Status == 0 ? "---" : r.Status.ToString(CultureInfo.InvariantCulture);

    /// <summary>What came from outside may hold escape sequences; a terminal must not obey them.</summary>
    public static string Safe(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
            ? string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c))
            : text;
}
