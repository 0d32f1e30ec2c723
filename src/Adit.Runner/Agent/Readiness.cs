using System.Net;
using System.Net.Sockets;
using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>Waits until the ports of a task answer: a connection first, then HTTP where its template asks for a path.</summary>
internal static class Readiness
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ProxyPatience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(5);

    /// <summary>Returns when all answer, or the task has ended.</summary>
    /// <exception cref="TimeoutException">They did not within the time of the template; the message says which and what was seen.</exception>
    public static async Task WaitAsync(TaskSpec spec, IExecution execution, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(spec.StartTimeoutSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
        foreach (var port in spec.Ports)
        {
            if (!execution.Ports.TryGetValue(port.Name, out var at))
                continue; // It has ended, and its ports with it.
            string? seen = null;
            var since = time.GetTimestamp();
            while (!execution.Ended.IsCompleted)
            {
                try
                {
                    seen = await AskAsync(port, at, execution.ArePortsProxied, http, time, either.Token);
                    if (seen is null)
                        break;
                    var pause = TimeSpan.FromTicks(Math.Clamp(time.GetElapsedTime(since).Ticks / 20, ShortestPause.Ticks, LongestPause.Ticks)); // Noticed at most a twentieth too late.
                    await Task.WhenAny(execution.Ended, Task.Delay(pause, time, either.Token));
                    either.Token.ThrowIfCancellationRequested();
                }
                catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    throw new TimeoutException($"Its port '{port.Name}' ({at}) was not ready after {spec.StartTimeoutSeconds} s: {seen ?? "nothing answered"}. Give it more time in the template's start.timeout, or see its log.");
                }
            }
        }
    }

    // What is missing; null when nothing is.
    private static async Task<string?> AskAsync(PortSpec port, IPEndPoint at, bool isProxied, HttpClient http, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(AnswerPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (port is not { IsHttp: true, HealthPath: { } path })
            {
                using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(at, either.Token);
                return isProxied && await IsClosedAsync(socket, time, either.Token) ? "nothing listens there" : null;
            }

            using var answer = await http.GetAsync(new Uri($"http://{at}{path}"), HttpCompletionOption.ResponseHeadersRead, either.Token);
            var status = (int)answer.StatusCode;
            return (port.HealthStatus is { Count: > 0 } good ? good.Contains(status) : status < 500) ? null : $"{path} answered {status}";
        }
        catch (SocketException)
        {
            return "nothing listens there";
        }
        catch (HttpRequestException e)
        {
            return e.InnerException is SocketException ? "nothing listens there" : $"{port.HealthPath} was not answered: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {AnswerPatience.TotalSeconds:0} s";
        }
    }

    // What accepts for a program that does not listen closes the connection again at once.
    private static async Task<bool> IsClosedAsync(Socket socket, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ProxyPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await socket.ReceiveAsync(new byte[1], either.Token) == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // It waits for us to speak.
        }
    }
}
