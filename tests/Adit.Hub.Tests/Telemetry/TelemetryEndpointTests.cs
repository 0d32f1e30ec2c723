using System.Diagnostics;
using System.Net;
using Adit.Hub.Edge;
using Adit.Hub.Telemetry;
using Adit.Hub.Tests.Inspector;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Telemetry;

public sealed class TelemetryEndpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_tell_of_a_request_that_passed_a_tunnel()
    {
        await using var hub = await TunneledHub.StartAsync();
        await hub.Visitor.PostAsync("/", new StringContent("12345"), Ct);
        using var local = Local(hub);
        await Eventually.HoldsAsync(
            async () => (await local.GetStringAsync("/metrics", Ct)).Contains("adit_requests_total{tunnel=\"demo\",code_class=\"2xx\"} 1", StringComparison.Ordinal),
            "the request is counted",
            cancellationToken: Ct);

        var text = await local.GetStringAsync("/metrics", Ct);

        Assert.Contains("\nadit_links 1\n", text, StringComparison.Ordinal);
        Assert.Contains("adit_tunnels{kind=\"http\",state=\"up\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("adit_tunnel_received_bytes_total{tunnel=\"demo\"} 5", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_are_not_for_whoever_comes_through_a_proxy_on_the_same_machine()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var local = Local(hub);
        using var stranger = await hub.StrangerAsync();
        foreach (var client in new[] { local, stranger, hub.Api })
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");

        Assert.Equal(HttpStatusCode.Unauthorized, (await local.GetAsync("/metrics", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/metrics", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await hub.Api.GetAsync("/metrics", Ct)).StatusCode);
    }

    [Fact]
    public async Task A_hub_that_drains_is_alive_but_not_ready()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var local = Local(hub);
        Assert.Equal("ready\n", await local.GetStringAsync("/readyz", Ct));

        hub.Services.GetRequiredService<Readiness>().StartDraining();

        using var answer = await local.GetAsync("/readyz", Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("stopping", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal("ok\n", await local.GetStringAsync("/healthz", Ct));
    }

    [Fact]
    public async Task A_trace_goes_on_through_the_hub_to_the_application()
    {
        await using var hub = await TunneledHub.StartAsync();
        const string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        hub.Visitor.DefaultRequestHeaders.Add("traceparent", parent);
        using var untraced = await hub.Visitor.GetAsync("/", Ct);

        var ended = new TaskCompletionSource<Activity>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EdgeTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("url.path") is "/traced-through")
                    ended.TrySetResult(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var traced = await hub.Visitor.GetAsync("/traced-through", Ct);
        var span = await ended.Task.WaitAsync(TunneledHub.Patience, Ct);

        Assert.Equal(parent, Assert.Single(untraced.Headers.GetValues("X-Seen-Trace")));
        Assert.Equal(span.Id, Assert.Single(traced.Headers.GetValues("X-Seen-Trace")));
        Assert.Equal("b7ad6b7169203331", span.ParentSpanId.ToString());
        Assert.Equal(200, span.GetTagItem("http.response.status_code"));
    }

    private static HttpClient Local(TunneledHub hub)
    {
        var client = LoopbackHttp.Create();
        client.BaseAddress = hub.Url;
        return client;
    }
}
