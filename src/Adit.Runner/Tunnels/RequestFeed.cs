using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Adit.Api;
using Adit.Runner.Hubs;

namespace Adit.Runner.Tunnels;

/// <summary>The requests of a tunnel as they pass, from the hub's events.</summary>
public sealed class RequestFeed(HubApi api)
{
    /// <summary>The name of the event whose data is a <see cref="RequestSummary"/>.</summary>
    public const string RequestEvent = "request";

    /// <summary>Requests until the connection ends.</summary>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="onOpen">Called when the hub has begun to send.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HubApiException">The hub refused.</exception>
    /// <exception cref="HttpRequestException">The hub could not be reached.</exception>
    public async IAsyncEnumerable<RequestSummary> ReadAsync(
        string tunnel, Action? onOpen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = Uri.EscapeDataString(tunnel);
        using var answer = await api.OpenEventsAsync($"?tunnel={name}&requests={name}", cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        onOpen?.Invoke();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.EventType == RequestEvent && Parse(item.Data, TunnelsJson.Default.RequestSummary) is { } request)
                yield return request;
        }
    }

    private static T? Parse<T>(string data, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (JsonException)
        {
            // Of a newer hub: what is not understood is not shown.
            return null;
        }
    }
}
