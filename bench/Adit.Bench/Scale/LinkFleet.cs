using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Adit.Bench.Processes;
using Adit.Bench.Subjects;
using Adit.Link;

namespace Adit.Bench.Scale;

/// <summary>Thousands of clients in one process, each with a link of its own to the hub, as so many machines would have.</summary>
internal sealed class LinkFleet(AditHub hub, int backendPort) : IAsyncDisposable
{
    private const int JoiningAtOnce = 32;

    private readonly TlsTrust _trust = new() { Pin = hub.Pin };
    private readonly CancellationTokenSource _stop = new();
    private readonly List<LinkClient> _clients = [];
    private readonly List<Task> _running = [];
    private readonly ConcurrentQueue<long> _connects = new();
    private readonly ConcurrentQueue<long> _serves = new();

    /// <summary>What each client does when it has a link, given its number and the link's id; null for nothing.</summary>
    public Func<int, string, Task>? OnConnected { get; set; }

    /// <summary>The ids of the links, by the clients' numbers.</summary>
    public IReadOnlyList<string> LinkIds => [.. _clients.Select(c => c.LinkId ?? throw new InvalidOperationException("a link was lost"))];

    /// <summary>When links were made since <see cref="ForgetConnects"/>, as <see cref="Stopwatch"/> timestamps.</summary>
    public IReadOnlyCollection<long> ConnectTimes => _connects;

    /// <summary>When <see cref="OnConnected"/> was done, as <see cref="Stopwatch"/> timestamps.</summary>
    public IReadOnlyCollection<long> ServeTimes => _serves;

    /// <summary>Starts counting afresh.</summary>
    public void ForgetConnects()
    {
        _connects.Clear();
        _serves.Clear();
    }

    /// <summary>Adds clients until there are so many, and waits until each has its link.</summary>
    public async Task GrowAsync(int count, CancellationToken cancellationToken)
    {
        while (_clients.Count < count)
        {
            for (var i = 0; i < JoiningAtOnce && _clients.Count < count; i++)
                Add(_clients.Count);

            await Until.TrueAsync(AllLinkedAsync, $"{_clients.Count} links", null, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private void Add(int number)
    {
        var client = new LinkClient(new LinkClientOptions
        {
            Hub = hub.Url,
            Token = hub.Token,
            Name = $"bench-{number}",
            Proxy = null,
            Trust = _trust,
            OnStream = ServeAsync,
        });
        client.Connected += link =>
        {
            _connects.Enqueue(Stopwatch.GetTimestamp());
            if (OnConnected is { } serve)
                _ = Task.Run(() => ServeAgainAsync(serve, number, link));
        };
        _clients.Add(client);
        _running.Add(Task.Run(() => client.RunAsync(_stop.Token)));
    }

    private async Task ServeAgainAsync(Func<int, string, Task> serve, int number, string link)
    {
        try
        {
            await serve(number, link);
            _serves.Enqueue(Stopwatch.GetTimestamp());
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // Whoever waits for all of them runs into the limit of the wait, and this says why.
            BenchRun.Say($"client {number} could not serve its tunnels again: {e.Message}");
        }
    }

    private async Task ServeAsync(LinkStream stream)
    {
        await using (stream)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, backendPort);
            var local = new SocketWire(socket);
            await stream.ConfirmOpenedAsync();
            await StreamPump.RunAsync(local, stream);
            local.Close();
        }
    }

    private Task<bool> AllLinkedAsync()
    {
        if (_running.Find(t => t.IsFaulted) is { } refused)
            throw new InvalidOperationException("a link was refused", refused.Exception);

        return Task.FromResult(_clients.TrueForAll(c => c.LinkId is not null));
    }
}
