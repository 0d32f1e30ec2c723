using System.Net;
using System.Net.Http.Json;
using System.Text;
using Adit.Api;
using Adit.Testing;

namespace Adit.Hub.Tests.Inspector;

public sealed class InspectorTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_requests_are_kept_with_headers_and_bodies_newest_first()
    {
        await using var hub = await TunneledHub.StartAsync(o => o with { InspectRequests = 3 });
        for (var i = 0; i < 5; i++)
            await hub.Visitor.PostAsync($"/path%2F{i}?q={i}", new StringContent($"body {i}"), Ct);
        await hub.Visitor.GetAsync("/broken", Ct);
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync())[0].Target == "/broken", "the last request is there", cancellationToken: Ct);

        var list = await hub.RequestsAsync();
        var whole = await hub.RequestAsync(list[1].Id);

        Assert.Equal(["/broken", "/path%2F4?q=4", "/path%2F3?q=3"], list.Select(r => r.Target));
        Assert.Equal([500, 200, 200], list.Select(r => r.Status));
        Assert.Equal("127.0.0.1", whole.Summary.Remote);
        Assert.Equal("body 4", Encoding.UTF8.GetString(whole.RequestBody!));
        Assert.Equal("POST /path%2F4?q=4 body 4", Encoding.UTF8.GetString(whole.ResponseBody!));
        Assert.Equal(6, whole.Summary.BytesIn);
        Assert.Contains(whole.RequestHeaders, h => h is { Name: "Content-Type", Value: "text/plain; charset=utf-8" });
    }

    [Fact]
    public async Task Secrets_are_masked_until_asked_for_and_those_of_the_hub_never_shown()
    {
        await using var hub = await TunneledHub.StartAsync();
        var own = hub.Api.DefaultRequestHeaders.Authorization!.ToString();
        await SendAsync(hub, "/basic", ("Authorization", "Basic dXNlcjpwYXNz"), ("Cookie", "a=1; adit_ticket=t0p; b=2"));
        await SendAsync(hub, "/token", ("Authorization", own));
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync()).Count == 2, "both are there", cancellationToken: Ct);
        var list = await hub.RequestsAsync();

        var masked = await hub.RequestAsync(list[1].Id);
        var clear = await hub.RequestAsync(list[1].Id, "?secrets=true");
        var token = await hub.RequestAsync(list[0].Id, "?secrets=true");

        Assert.Equal("***", Value(masked.RequestHeaders, "Authorization"));
        Assert.Equal("***", Value(masked.RequestHeaders, "Cookie"));
        Assert.Equal("***", Value(masked.ResponseHeaders, "Set-Cookie"));
        Assert.Equal("Basic dXNlcjpwYXNz", Value(clear.RequestHeaders, "Authorization"));
        Assert.Equal("a=1; b=2", Value(clear.RequestHeaders, "Cookie"));
        Assert.Equal("session=abc", Value(clear.ResponseHeaders, "Set-Cookie"));
        Assert.Equal("***", Value(token.RequestHeaders, "Authorization"));
    }

    [Fact]
    public async Task Who_may_only_see_a_tunnel_learns_that_requests_came_and_not_what_they_said()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var auditor = await hub.StrangerAsync();
        using var role = await hub.Api.PatchAsync("/api/v1/accounts/stranger", new StringContent("""{"role":"auditor"}""", Encoding.UTF8, "application/json"), Ct);
        Assert.True(role.IsSuccessStatusCode);
        using var events = await auditor.GetAsync("/api/v1/events?requests=demo", HttpCompletionOption.ResponseHeadersRead, Ct);
        using var lines = new StreamReader(await events.Content.ReadAsStreamAsync(Ct));

        await hub.Visitor.GetAsync("/reset?code=s3cret", Ct);
        string? line;
        do
            line = await lines.ReadLineAsync(Ct).AsTask().WaitAsync(TunneledHub.Patience, Ct);
        while (line?.Contains("/reset", StringComparison.Ordinal) == false);
        var list = await auditor.GetFromJsonAsync("/api/v1/tunnels/demo/requests", TunnelsJson.Default.RequestList, Ct);
        using var whole = await auditor.GetAsync($"/api/v1/tunnels/demo/requests/{list!.Items[0].Id}", Ct);

        Assert.DoesNotContain("s3cret", line, StringComparison.Ordinal);
        Assert.Equal("/reset", list.Items[0].Target);
        Assert.Equal(HttpStatusCode.Forbidden, whole.StatusCode);
        Assert.Equal("/reset?code=s3cret", (await hub.RequestsAsync())[0].Target);
    }

    [Fact]
    public async Task A_request_is_replayed_as_it_was_and_recorded_as_a_new_one()
    {
        await using var hub = await TunneledHub.StartAsync();
        await SendAsync(hub, "/a%2Fb/../c?x=%41", "hello", ("Authorization", "Bearer of-the-application"));
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync()).Count == 1, "it is there", cancellationToken: Ct);
        var original = (await hub.RequestsAsync())[0];

        using var answer = await hub.Api.PostAsync($"/api/v1/tunnels/demo/requests/{original.Id}/replay", null, Ct);
        var replayed = (await answer.Content.ReadFromJsonAsync(TunnelsJson.Default.InspectedRequest, Ct))!;

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(original.Id, replayed.ReplayOf);
        Assert.NotEqual(original.Id, replayed.Summary.Id);
        Assert.Equal(200, replayed.Summary.Status);
        Assert.Equal($"POST {original.Target} hello", Encoding.UTF8.GetString(replayed.ResponseBody!));
        Assert.Equal("25", Value(replayed.ResponseHeaders, "X-Seen-Authorization"));
        Assert.Equal([replayed.Summary.Id, original.Id], (await hub.RequestsAsync()).Select(r => r.Id));
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_cut_and_its_request_not_replayed()
    {
        await using var hub = await TunneledHub.StartAsync(o => o with { InspectBodyBytes = 1000 });
        await hub.Visitor.PostAsync("/", new StringContent(new string('x', 5000)), Ct);
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync()).Count == 1, "it is there", cancellationToken: Ct);
        var whole = await hub.RequestAsync((await hub.RequestsAsync())[0].Id);

        using var answer = await hub.Api.PostAsync($"/api/v1/tunnels/demo/requests/{whole.Summary.Id}/replay", null, Ct);

        Assert.Equal(1000, whole.RequestBody!.Length);
        Assert.True(whole.RequestBodyTruncated);
        Assert.True(whole.ResponseBodyTruncated);
        Assert.Equal(5000, whole.Summary.BytesIn);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("cannot be sent again", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_sees_or_replays_them()
    {
        await using var hub = await TunneledHub.StartAsync();
        using var stranger = await hub.StrangerAsync();
        await hub.Visitor.GetAsync("/", Ct);
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync()).Count == 1, "it is there", cancellationToken: Ct);
        var id = (await hub.RequestsAsync())[0].Id;

        using var anonymous = LoopbackHttp.Create();
        anonymous.BaseAddress = hub.Url;
        foreach (var (client, status) in new[] { (stranger, HttpStatusCode.NotFound), (anonymous, HttpStatusCode.Unauthorized) })
        {
            Assert.Equal(status, (await client.GetAsync("/api/v1/tunnels/demo/requests", Ct)).StatusCode);
            Assert.Equal(status, (await client.GetAsync($"/api/v1/tunnels/demo/requests/{id}?secrets=true", Ct)).StatusCode);
            Assert.Equal(status, (await client.PostAsync($"/api/v1/tunnels/demo/requests/{id}/replay", null, Ct)).StatusCode);
            Assert.Equal(status, (await client.GetAsync("/api/v1/events?requests=demo", HttpCompletionOption.ResponseHeadersRead, Ct)).StatusCode);
        }
    }

    [Fact]
    public async Task What_was_seen_is_forgotten_with_the_tunnel()
    {
        await using var hub = await TunneledHub.StartAsync();
        await hub.Visitor.GetAsync("/", Ct);
        await Eventually.HoldsAsync(async () => (await hub.RequestsAsync()).Count == 1, "it is there", cancellationToken: Ct);

        await hub.Api.DeleteAsync("/api/v1/tunnels/demo", Ct);
        await hub.ServeAsync("demo");

        Assert.Empty(await hub.RequestsAsync());
    }

    private static Task SendAsync(TunneledHub hub, string target, params (string Name, string Value)[] headers) => SendAsync(hub, target, null, headers);

    private static async Task SendAsync(TunneledHub hub, string target, string? body, params (string Name, string Value)[] headers)
    {
        var uri = new Uri(hub.Visitor.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, uri) { Content = body is null ? null : new StringContent(body) };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await hub.Visitor.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static string? Value(IReadOnlyList<HeaderField> headers, string name) =>
        headers.SingleOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;
}
