using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Adit.Api;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Inspector;

/// <summary>
/// Hands what happens to whoever listens under /api/v1/events. Nobody waits for a listener: each has a bounded buffer, loses its oldest
/// events when it is too slow, and is told how many.
/// </summary>
internal sealed class EventHub
{
    private const int MostOfAccount = 100;
    private const int Most = 2000;

    private readonly ConcurrentDictionary<EventSubscription, byte> _subscriptions = new();

    /// <summary>Something happened to a tunnel. Never blocks.</summary>
    public void Publish(TunnelEvent happened, Owned tunnel) =>
        Send(subscription => subscription.WantsTunnel(happened.Name, tunnel), () => ServerEvent.Of("tunnel", Json(happened, TunnelsJson.Default.TunnelEvent)));

    /// <summary>Something happened to a task. Never blocks.</summary>
    public void Publish(TaskEvent happened, Owned task) =>
        Send(subscription => subscription.WantsTask(happened.Id, task), () => ServerEvent.Of("task", Json(happened, TasksJson.Default.TaskEvent)));

    /// <summary>A request passed a tunnel: who may not inspect it is told of it without its query. Never blocks.</summary>
    public void Publish(Recording recording, string name, Owned tunnel)
    {
        SendOf(isWhole: true);
        SendOf(isWhole: false);

        void SendOf(bool isWhole) => Send(
            subscription => subscription.WantsRequests(name, tunnel) && subscription.Filter.MayInspect(tunnel) == isWhole,
            () => ServerEvent.Of("request", Json(RequestView.Summary(recording, name, isWhole), TunnelsJson.Default.RequestSummary)));
    }

    /// <summary>Begins to listen; null when too many do.</summary>
    internal EventSubscription? Subscribe(EventFilter filter)
    {
        if (_subscriptions.Count >= Most || _subscriptions.Keys.Count(s => s.Filter.Account == filter.Account) >= MostOfAccount)
            return null;
        var subscription = new EventSubscription(filter, s => _subscriptions.TryRemove(s, out _));
        _subscriptions[subscription] = 0;
        return subscription;
    }

    private static byte[] Json<T>(T data, JsonTypeInfo<T> json) => JsonSerializer.SerializeToUtf8Bytes(data, json);

    private void Send(Func<EventSubscription, bool> wants, Func<ServerEvent> make)
    {
        if (_subscriptions.IsEmpty)
            return;
        ServerEvent? made = null;
        foreach (var (subscription, _) in _subscriptions)
        {
            if (wants(subscription))
                subscription.Offer(made ??= make());
        }
    }
}
