using Adit.Api;
using Adit.Runner.Hubs;

namespace Adit.Runner.Tunnels;

/// <summary>Follows a tunnel's requests through cuts and restarts of the hub.</summary>
public sealed class RequestWatch(HubApi api, string tunnel, TimeProvider time)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);

    /// <summary>Calls <paramref name="onRequest"/> for each until cancelled.</summary>
    /// <exception cref="HubApiException">The hub will not show requests.</exception>
    public async Task RunAsync(Action<RequestSummary> onRequest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onRequest);
        var feed = new RequestFeed(api);
        while (true)
        {
            try
            {
                await foreach (var request in feed.ReadAsync(tunnel, null, cancellationToken))
                    onRequest(request);
            }
            catch (HubApiException e) when ((int)e.Status >= 500)
            {
                // It restarts.
            }
            catch (Exception e) when (
                e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The connection went; the link's own report says so.
            }

            await Task.Delay(Retry, time, cancellationToken);
        }
    }
}
