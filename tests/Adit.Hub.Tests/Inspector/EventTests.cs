using System.Net.ServerSentEvents;
using Adit.Api;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Inspector;

namespace Adit.Hub.Tests.Inspector;

public sealed class EventTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_hears_of_tunnels_and_of_the_requests_it_asked_for()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var answer = await hub.Api.GetAsync("/api/v1/events?requests=demo", HttpCompletionOption.ResponseHeadersRead, Ct);
        await using var stream = await answer.Content.ReadAsStreamAsync(Ct);
        await using var events = SseParser.Create(stream).EnumerateAsync(Ct).GetAsyncEnumerator(Ct);

        await hub.Visitor.GetAsync("/watched", Ct);
        var request = await NextAsync(events);
        await hub.ServeAsync("other");
        var created = await NextAsync(events);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("request", request.EventType);
        Assert.Contains("\"target\":\"/watched\"", request.Data, StringComparison.Ordinal);
        Assert.Equal("tunnel", created.EventType);
        Assert.Contains("\"type\":\"created\"", created.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_hears_nothing_of_others_tunnels()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var stranger = await hub.StrangerAsync();
        using var answer = await stranger.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead, Ct);
        await using var stream = await answer.Content.ReadAsStreamAsync(Ct);
        Assert.Equal("retry: 2000\n\n".Length, await stream.ReadAtLeastAsync(new byte[13], 13, cancellationToken: Ct));

        await hub.ServeAsync("other");
        var next = stream.ReadAsync(new byte[1], Ct).AsTask();

        await Assert.ThrowsAsync<TimeoutException>(() => next.WaitAsync(TimeSpan.FromMilliseconds(300), Ct));
    }

    [Fact]
    public async Task Listeners_do_not_hold_up_a_hub_that_stops()
    {
        var hub = await TunneledHub.StartAsync();
        using var answer = await hub.Api.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead, Ct);
        await using var stream = await answer.Content.ReadAsStreamAsync(Ct);

        await hub.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15), Ct);
    }

    [Fact]
    public void A_listener_that_is_too_slow_loses_the_oldest_and_is_told_how_many()
    {
        var events = new EventHub();
        using var slow = events.Subscribe(new EventFilter("me", static _ => true, static _ => true, static _ => true, null, null, null))!;
        for (var i = 0; i < 300; i++)
            events.Publish(new TunnelEvent { Type = "up", At = default, Name = $"t{i}" }, new Owned("me"));

        Assert.Equal(44, slow.TakeMissed());
        Assert.Equal(0, slow.TakeMissed());
        Assert.True(slow.Waiting.TryRead(out var first));
        Assert.Contains("\"t44\"", System.Text.Encoding.UTF8.GetString(first.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_listeners_is_bounded_by_account()
    {
        var events = new EventHub();
        for (var i = 0; i < 100; i++)
            Assert.NotNull(events.Subscribe(new EventFilter("me", static _ => true, static _ => true, static _ => true, null, null, null)));

        Assert.Null(events.Subscribe(new EventFilter("me", static _ => true, static _ => true, static _ => true, null, null, null)));
        using var other = events.Subscribe(new EventFilter("other", static _ => true, static _ => true, static _ => true, null, null, null));
        Assert.NotNull(other);
    }

    private static async Task<SseItem<string>> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TunneledHub.Patience, Ct));
        return events.Current;
    }
}
