using Adit.Api;

namespace Adit.Hub.Inspector;

/// <summary>Recordings as the API shows them.</summary>
internal static class RequestView
{
    private const string Mask = "***";

    /// <summary>What passed, in short.</summary>
    /// <param name="recording">Of this exchange.</param>
    /// <param name="tunnel">Through this tunnel.</param>
    /// <param name="isWhole">Whether with the query of the target, which may hold a visitor's secrets as its headers and body may.</param>
    public static RequestSummary Summary(Recording recording, string tunnel, bool isWhole)
    {
        var exchange = recording.Exchange;
        var query = isWhole ? -1 : exchange.Target.IndexOf('?', StringComparison.Ordinal);
        return new RequestSummary
        {
            Id = exchange.Id,
            Tunnel = tunnel,
            At = exchange.At,
            Method = exchange.Method,
            Target = query < 0 ? exchange.Target : exchange.Target[..query],
            Status = exchange.Status,
            Milliseconds = Math.Round(exchange.Duration.TotalMilliseconds, 3),
            BytesIn = exchange.BytesIn,
            BytesOut = exchange.BytesOut,
            Remote = exchange.Remote,
            Error = exchange.Error,
        };
    }

    /// <summary>What passed, as it was said.</summary>
    public static InspectedRequest Whole(Recording recording, string tunnel, bool withSecrets) => new()
    {
        Summary = Summary(recording, tunnel, isWhole: true),
        RequestHeaders = Headers(recording.Exchange.RequestHeaders, withSecrets),
        RequestBody = Body(recording.Request),
        RequestBodyTruncated = recording.Request.IsTruncated,
        ResponseHeaders = Headers(recording.Exchange.ResponseHeaders, withSecrets),
        ResponseBody = Body(recording.Response),
        ResponseBodyTruncated = recording.Response.IsTruncated,
        ReplayOf = recording.ReplayOf,
    };

    private static byte[]? Body(CapturedBody body) => body.Bytes.IsEmpty ? null : body.Bytes.ToArray();

    private static HeaderField[] Headers(IReadOnlyList<KeyValuePair<string, string>> headers, bool withSecrets) =>
        [.. headers.Select(header => new HeaderField(header.Key, Show(header.Key, header.Value, withSecrets)))];

    private static string Show(string name, string value, bool withSecrets) =>
        withSecrets ? HubCredentials.Without(name, value) ?? Mask : IsSecret(name) ? Mask : value;

    private static bool IsSecret(string name) =>
        name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Api-Key", StringComparison.OrdinalIgnoreCase);
}
