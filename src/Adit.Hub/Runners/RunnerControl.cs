using System.Net.Http.Json;
using Adit.Api;
using Adit.Link;

namespace Adit.Hub.Runners;

/// <summary>
/// A runner's control API, over its link: ordinary HTTP on streams to <c>runner:</c> (docs/reference/runner.md). The runner serves it to
/// nobody else.
/// </summary>
internal sealed class RunnerControl : IDisposable
{
    /// <summary>What a stream to it asks for.</summary>
    public const string Target = "runner:";

    private const int MostReason = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly Uri Base = new("http://runner/");

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public RunnerControl(HubLink link, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20), // An idle one holds a data connection of the link.
            MaxConnectionsPerServer = 16,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var stream = await link.OpenAsync(new OpenRequest { Target = Target }, cancellationToken);
                return stream.AsStream();
            },
        };
        _http = new HttpClient(handler) { BaseAddress = Base, Timeout = Timeout.InfiniteTimeSpan };
        _time = time;
    }

    /// <summary>Tells the runner what it should do.</summary>
    /// <returns>Whether it took it; otherwise it will hear it when it comes back, or at its next report.</returns>
    public async Task<bool> TryDesireAsync(DesiredTasks desired, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var answer = await _http.PutAsJsonAsync("v1/tasks", desired, RunnersJson.Default.DesiredTasks, both.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or LinkStreamException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Halts all processes of a task where they are, or lets them go on.</summary>
    /// <returns>What came of it.</returns>
    public async Task<HaltAnswer> TryHaltAsync(string task, bool isHalted, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var answer = await _http.PostAsync(new Uri($"v1/tasks/{Uri.EscapeDataString(task)}/{(isHalted ? "freeze" : "thaw")}", UriKind.Relative), null, both.Token);
            if (answer.IsSuccessStatusCode)
                return new HaltAnswer(IsDone: true, IsKnown: true, null);
            var said = await answer.Content.ReadAsStringAsync(both.Token);
            return new HaltAnswer(IsDone: false, IsKnown: true, said.Length is > 0 and <= MostReason ? said : $"the runner answered {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or LinkStreamException or IOException or OperationCanceledException)
        {
            return new HaltAnswer(IsDone: false, IsKnown: false, "the runner does not answer");
        }
    }

    /// <summary>Makes a snapshot of a task's workspace, as long as that takes.</summary>
    /// <returns>What was made; otherwise why not, for people, and whether the runner said so.</returns>
    public async Task<(CreatedSnapshot? Made, string? Refusal, bool IsKnown)> TrySnapshotAsync(string task, string? message, TimeSpan within, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(within, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var answer = await _http.PostAsJsonAsync($"v1/tasks/{Uri.EscapeDataString(task)}/snapshots", new TakeSnapshotRequest(message), RunnersJson.Default.TakeSnapshotRequest, both.Token);
            if (answer.IsSuccessStatusCode)
                return (await answer.Content.ReadFromJsonAsync(RunnersJson.Default.CreatedSnapshot, both.Token), null, true);
            var said = await answer.Content.ReadAsStringAsync(both.Token);
            return (null, said.Length is > 0 and <= MostReason ? said : $"the runner answered {(int)answer.StatusCode}", true);
        }
        catch (Exception e) when (e is HttpRequestException or LinkStreamException or IOException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return (null, deadline.IsCancellationRequested ? "it takes longer than is waited for; it goes on, and the volume's log will have it" : "the runner does not answer", false);
        }
    }

    /// <summary>Whether somebody answers at the other end of the link, whatever the answer.</summary>
    /// <param name="within">How long is waited for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> AnswersAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(within, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var answer = await _http.GetAsync(new Uri("v1", UriKind.Relative), both.Token); // There is nothing: 404 is an answer.
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or LinkStreamException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Asks the runner something else. The caller disposes the answer.</summary>
    /// <exception cref="HttpRequestException">It could not be asked.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public void Dispose() => _http.Dispose();
}

/// <summary>What a runner said to a request to halt a task, or to let it go on.</summary>
/// <param name="IsDone">Whether it is so now.</param>
/// <param name="IsKnown">Whether the runner answered; otherwise nobody knows whether it is so.</param>
/// <param name="Reason">Why it is not, for people.</param>
internal readonly record struct HaltAnswer(bool IsDone, bool IsKnown, string? Reason);
