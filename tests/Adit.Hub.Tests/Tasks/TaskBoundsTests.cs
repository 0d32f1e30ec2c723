using System.Net;
using Adit.Hub.Tasks;
using Adit.Hub.Tests.Access;

namespace Adit.Hub.Tests.Tasks;

/// <summary>What is asked of a task beside its address waits and follows no longer, and no more often, than is said.</summary>
public sealed class TaskBoundsTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_command_beside_a_task_whose_runner_is_halted_is_refused_in_time_and_says_so()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("demo");
        hub.Runner.IsDeaf = true;
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/tasks/{task.Id}/exec");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(new byte[16]));
        request.Headers.Add("Sec-WebSocket-Protocol", TaskExec.SubProtocol);
        using var answer = await api.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var (code, detail) = await TaskCalls.ProblemAsync(answer);
        Assert.Equal("runner-silent", code);
        Assert.Contains("does not answer, and nothing was run", detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_account_follows_a_hundred_logs_and_is_told_so_at_the_next()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("demo");
        var places = Enumerable.Range(0, TaskFollow.MostOfAccount).Select(_ => hub.Service<TaskFollow>().TryTake("ann")).ToList();
        Assert.DoesNotContain(null, places);
        using (var refused = await hub.Hub.SendAsync(hub.Ann.Secret, HttpMethod.Get, $"tasks/{task.Id}/logs/follow"))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            var (code, detail) = await TaskCalls.ProblemAsync(refused);
            Assert.Equal("limit-reached", code);
            Assert.Contains("close some pages", detail, StringComparison.Ordinal);
        }

        places[0]!.Dispose();
        places[0]!.Dispose(); // Gives it back once.
        using var api = hub.Hub.Api(hub.Ann.Secret);
        for (var again = 0; again < 2; again++) // Whoever leaves gives its place back.
        {
            await Testing.Eventually.HoldsAsync(
                async () =>
                {
                    using var followed = await api.GetAsync($"/api/v1/tasks/{task.Id}/logs/follow", HttpCompletionOption.ResponseHeadersRead, Ct);
                    return followed.StatusCode == HttpStatusCode.OK;
                },
                "there is a place");
        }
    }
}
