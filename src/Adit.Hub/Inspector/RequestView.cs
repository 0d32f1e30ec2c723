using Adit.Api;

namespace Adit.Hub.Inspector;

/// <summary>Recordings as the API shows them.</summary>
internal static class RequestView
{
    private const string Mask = "***";

    public static RequestSummary Summary(Recording recording, string tunnel)
    {
        var exchange = recording.Exchange;
        return new RequestSummary
        {
            Id = exchange.Id,
            Tunnel = tunnel,
            At = exchange.At,
            Method = exchange.Method,
            Target = exchange.Target,
            Status = exchange.Status,
            Milliseconds = Math.Round(exchange.Duration.TotalMilliseconds, 3),
            BytesIn = exchange.BytesIn,
            BytesOut = exchange.BytesOut,
            Remote = exchange.Remote,
            Error = exchange.Error,
        };
    }

    public static InspectedRequest Whole(Recording recording, string tunnel, bool withSecrets) => new()
    {
        Summary = Summary(recording, tunnel),
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
