using System.Net;
using System.Net.Http.Json;
using System.Text;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Runners;

/// <summary>What runners say to be in use, by requests as they come: a runner is anybody's program.</summary>
public sealed class RunnerUsageTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{\"cpu\":1e999}")]
    [InlineData("{\"cpu\":\"NaN\"}")]
    [InlineData("{\"cpu\":-1e300}")]
    [InlineData("{\"cpu\":1,\"gpus\":[1e999]}")]
    [InlineData("{\"cpu\":1,\"gpus\":[0.5,2]}")]
    [InlineData("{\"cpu\":1,\"gpus\":null}")]
    [InlineData("{\"cpu\":1,\"memoryBytes\":-1}")]
    [InlineData("{\"cpu\":1,\"diskFreeBytes\":-1}")]
    public async Task A_use_that_cannot_be_is_not_shown_and_takes_nobody_the_list_of_runners(string usage)
    {
        await using var hub = await TestHub.StartAsync();
        var link = await hub.LinkAsync(name: "gpu1");
        await PostAsync(
            hub,
            "session",
            $$"""
            {"name":"gpu1","installation":"0123456789abcdef0123","version":"1.0.0","protocol":1,"link":"{{link.Link}}",
            "facts":{"os":"Debian 12","architecture":"x64","cpus":4,"memoryBytes":8589934592,"diskBytes":1099511627776,"gpus":[],"executors":["process"],"warnings":[]},"tasks":[]}
            """);
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(hub, "report", $$"""{"link":"{{link.Link}}","usage":{"cpu":0.5,"memoryBytes":1,"diskFreeBytes":2,"gpus":[1]} }"""));
        using var api = hub.Api();
        Assert.Equal(0.5, Assert.Single((await api.GetFromJsonAsync("/api/v1/runners", RunnersJson.Default.RunnerList, Ct))!.Items).Usage!.Cpu);

        var status = await PostAsync(hub, "report", $$"""{"link":"{{link.Link}}","usage":{{usage}} }""");
        Assert.True(status is HttpStatusCode.NoContent or HttpStatusCode.BadRequest, $"{status}");
        var shown = Assert.Single((await api.GetFromJsonAsync("/api/v1/runners", RunnersJson.Default.RunnerList, Ct))!.Items).Usage;
        Assert.True(shown is null or { Cpu: 0.5 }, $"{shown}");
    }

    [Theory]
    [InlineData("\\u202eevil")]
    [InlineData("x\\u200b64")]
    [InlineData("x\\u2028y")]
    [InlineData("\\u001b]0;x")]
    public async Task Facts_that_are_not_shown_as_they_are_are_refused(string architecture)
    {
        await using var hub = await TestHub.StartAsync();
        var link = await hub.LinkAsync(name: "gpu1");
        var status = await PostAsync(
            hub,
            "session",
            $$"""
            {"name":"gpu1","installation":"0123456789abcdef0123","version":"1.0.0","protocol":1,"link":"{{link.Link}}",
            "facts":{"os":"Debian 12","architecture":"{{architecture}}","cpus":4,"memoryBytes":8589934592,"diskBytes":1099511627776,"gpus":[],"executors":["process"],"warnings":[]},"tasks":[]}
            """);
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    private static async Task<HttpStatusCode> PostAsync(TestHub hub, string path, string json)
    {
        using var api = hub.Api();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await api.PostAsync("/api/v1/runner/" + path, content, Ct);
        return answer.StatusCode;
    }
}
