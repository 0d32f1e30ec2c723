using System.Text.Json;

namespace Adit.Runner.Hubs;

/// <summary>Reads a problem document (RFC 9457) into one sentence.</summary>
internal static class HubProblem
{
    private const int MaxBytes = 64 * 1024;

    public static async Task<HubApiException> ReadAsync(HttpResponseMessage answer, Uri hub, CancellationToken cancellationToken)
    {
        var status = answer.StatusCode;
        if (answer.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json")
        {
            try
            {
                await answer.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
                using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
                var root = document.RootElement;
                if ((Text(root, "detail") ?? Text(root, "title")) is { } sentence)
                    return new HubApiException(status, Text(root, "code"), sentence);
            }
            catch (Exception e) when (e is JsonException or HttpRequestException or InvalidOperationException)
            {
                // Not a problem document after all: the status has to do.
            }
        }

        return new HubApiException(status, null, $"{hub} answered {(int)status} {answer.ReasonPhrase}.");
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
