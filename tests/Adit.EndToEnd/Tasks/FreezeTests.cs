using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.Tasks;

/// <summary>A real task that nobody uses, frozen on a real runner and woken by a request.</summary>
[SupportedOSPlatform("linux")]
public sealed class FreezeTests
{
    private const string Template =
        """
        apiVersion: adit/v1
        kind: Template
        metadata: {slug: sleeper, name: Sleeper}
        spec:
          type: session
          source:
            command:
              - /usr/bin/python3
              - -u
              - -c
              - |
                import http.server, threading, time
                def beat():
                    while True:
                        print("beat")
                        time.sleep(.1)
                threading.Thread(target=beat, daemon=True).start()
                http.server.HTTPServer(("127.0.0.1", {{port}}), http.server.SimpleHTTPRequestHandler).serve_forever()
          ports: [{name: main}]
          idle: {warn: 1s, minUptime: 1s, ladder: [{after: 2s, action: freeze}, {after: 1h, action: stop}], signals: {compute: false}}
        """;

    [Fact(Timeout = 180_000)]
    public async Task What_is_frozen_does_nothing_until_somebody_comes()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        using var directory = new TempDirectory();
        await File.WriteAllTextAsync(directory.File("sleeper.yaml"), Template);
        await AditProcess.RunAsync(["template", "push", directory.File("sleeper.yaml")], hub.ClientEnvironment);
        await AditProcess.RunAsync(["launch", "sleeper", "--name", "demo", "--wait"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub)).Idle is { IsFrozen: true }, "it is frozen", TimeSpan.FromSeconds(60));
        Assert.Contains("frozen", await AditProcess.RunAsync(["idle", "demo"], hub.ClientEnvironment), StringComparison.Ordinal);

        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System); // What it wrote before comes in.
        var before = await EndAsync(hub);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        Assert.Equal(before, await EndAsync(hub));

        var url = new Uri((await TaskAsync(hub)).Url!);
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(hub, url));
        TestContext.Current.TestOutputHelper?.WriteLine($"It woke and answered in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
        Assert.False((await TaskAsync(hub)).Idle!.IsFrozen);
        await Eventually.HoldsAsync(async () => await EndAsync(hub) > before, "it goes on");
        await AditProcess.RunAsync(["extend", "demo", "4h"], hub.ClientEnvironment);
        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub)).State == TaskState.Stopped, "it is stopped");
    }

    private static async Task<ApiTask> TaskAsync(HubProcess hub)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        await using var answer = await http.GetStreamAsync(new Uri($"{hub.Url}/api/v1/tasks/demo"));
        return (await JsonSerializer.DeserializeAsync(answer, TasksJson.Default.ApiTask))!;
    }

    private static async Task<long> EndAsync(HubProcess hub)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        await using var answer = await http.GetStreamAsync(new Uri($"{hub.Url}/api/v1/tasks/demo/logs?limit=1"));
        return (await JsonSerializer.DeserializeAsync(answer, TasksJson.Default.LogPage))!.End;
    }

    private static async Task<HttpStatusCode> AskAsync(HubProcess hub, Uri url)
    {
        using var http = LoopbackHttp.Create();
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", hub.AdminToken);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
