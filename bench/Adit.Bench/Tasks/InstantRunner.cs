using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Bench.Subjects;
using Adit.Link;

namespace Adit.Bench.Tasks;

/// <summary>
/// A runner that starts nothing: it speaks the runner protocol (docs/reference/runner.md) over a real link, and a task is ready, or stopped, as
/// soon as the hub has asked for it. What is left is the hub's part of a start.
/// </summary>
internal sealed class InstantRunner : IAsyncDisposable
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, ObservedTask> _tasks = [];
    private readonly TaskCompletionSource<string> _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Random _random = new();
    private readonly HttpClient _api;
    private readonly Task _running;
    private readonly string _name;
    private Task _reporting = Task.CompletedTask;

    private InstantRunner(AditHub hub, HttpClient api, string name)
    {
        _api = api;
        _name = name;
        var client = new LinkClient(new LinkClientOptions { Hub = hub.Url, Token = hub.Token, Name = name, Proxy = null, OnStream = ServeAsync });
        client.Connected += link => _linked.TrySetResult(link);
        _running = client.RunAsync(_stop.Token);
    }

    /// <summary>Connects and says hello.</summary>
    /// <param name="hub">To which hub.</param>
    /// <param name="api">Its API.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="isToReport">Whether it reports all its tasks every ten seconds, as runners do.</param>
    public static async Task<InstantRunner> StartAsync(AditHub hub, HttpClient api, string name, bool isToReport)
    {
        var runner = new InstantRunner(hub, api, name);
        var hello = new RunnerHello
        {
            Name = name,
            Installation = "instant-installation-" + name,
            Version = "0.1.0",
            Protocol = 1,
            Link = await runner._linked.Task,
            Facts = new RunnerFacts { Os = "Linux", Architecture = "x64", Cpus = 4096, MemoryBytes = 1L << 50, DiskBytes = 1L << 40, Gpus = [], Executors = ["process"], Warnings = [] },
            Tasks = [],
        };
        using var answer = await api.PostAsJsonAsync("/api/v1/runner/session", hello, RunnersJson.Default.RunnerHello);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        if (isToReport)
            runner._reporting = runner.ReportAllAsync();
        return runner;
    }

    /// <summary>Told of each task that the hub knows to be in a state: its id and that state.</summary>
    public Action<string, TaskState>? Reported { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ReportAllAsync()
    {
        await Task.Delay(ReportEvery * _random.NextDouble(), TimeProvider.System, _stop.Token); // They do not all start at once.
        using var timer = new PeriodicTimer(ReportEvery);
        do
        {
            List<ObservedTask> all;
            lock (_tasks)
                all = [.. _tasks.Values.Select(t => t with { Usage = new TaskUsage { Cpu = _random.NextDouble(), MemoryBytes = 200 << 20 } })];
            await ReportAsync(all);
        }
        while (await timer.WaitForNextTickAsync(_stop.Token));
    }

    private async Task ReportAsync(IReadOnlyList<ObservedTask> tasks)
    {
        var report = new RunnerReport { Link = await _linked.Task, Tasks = tasks, Usage = new RunnerUsage { Cpu = 1, MemoryBytes = 1L << 30, DiskFreeBytes = 1L << 39, Gpus = [] } };
        using var answer = await _api.PostAsJsonAsync("/api/v1/runner/report", report, RunnersJson.Default.RunnerReport, _stop.Token);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{_name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(_stop.Token)}");
    }

    // The control API: PUT /v1/tasks, one request after the other on a stream.
    private async Task ServeAsync(LinkStream stream)
    {
        await using (stream)
        {
            await stream.ConfirmOpenedAsync();
            await using var wire = stream.AsStream();
            using var reader = new StreamReader(wire, Encoding.UTF8, leaveOpen: true);
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
            {
                var desired = JsonSerializer.Deserialize(await BodyAsync(reader), RunnersJson.Default.DesiredTasks)!;
                await wire.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), _stop.Token);
                foreach (var item in desired.Items)
                    _ = DoAsync(item);
                foreach (var (id, _) in desired.Forget ?? [])
                {
                    lock (_tasks)
                        _tasks.Remove(id);
                }
            }
        }
    }

    // Headers and body are ASCII here: names of the bench's own.
    private async Task<string> BodyAsync(StreamReader reader)
    {
        var (length, isChunked) = (0, false);
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } header)
        {
            if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(header["Content-Length:".Length..], CultureInfo.InvariantCulture);
            isChunked |= header.StartsWith("Transfer-Encoding:", StringComparison.OrdinalIgnoreCase);
        }

        if (!isChunked)
            return await TextAsync(reader, length);
        var text = new StringBuilder();
        while (int.Parse((await reader.ReadLineAsync(_stop.Token))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
        {
            text.Append(await TextAsync(reader, size));
            await reader.ReadLineAsync(_stop.Token);
        }

        await reader.ReadLineAsync(_stop.Token);
        return text.ToString();
    }

    private async Task<string> TextAsync(StreamReader reader, int length)
    {
        var text = new char[length];
        await reader.ReadBlockAsync(text, _stop.Token);
        return new string(text);
    }

    private async Task DoAsync(DesiredTask item)
    {
        var seen = new ObservedTask { Id = item.Spec.Id, Attempt = item.Spec.Attempt, State = item.Run ? TaskState.Ready : TaskState.Stopped, Since = TimeProvider.System.GetUtcNow() };
        lock (_tasks)
            _tasks[seen.Id] = seen;
        try
        {
            await ReportAsync([seen]);
            Reported?.Invoke(seen.Id, seen.State);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            BenchRun.Say($"{_name} could not report {seen.Id}: {e.Message}");
        }
    }
}
