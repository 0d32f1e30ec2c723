using System.Globalization;
using System.Net;
using Adit.Bench.Backend;
using Adit.Bench.Processes;

namespace Adit.Bench.Subjects;

/// <summary>The backend as a process of its own, so that its CPU time is nobody else's.</summary>
internal sealed class BackendProcess : IAsyncDisposable
{
    private readonly Child _child;

    private BackendProcess(Child child, int port)
    {
        _child = child;
        Port = port;
    }

    /// <summary>Its process id.</summary>
    public int Id => _child.Id;

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The direct way to it: what nothing in between costs.</summary>
    public Subject Direct => new("direct", new IPEndPoint(IPAddress.Loopback, Port), $"127.0.0.1:{Port}");

    /// <summary>Starts the bench's own backend.</summary>
    public static Task<BackendProcess> StartAsync(CancellationToken cancellationToken) =>
        StartAsync("serve", new Dictionary<string, string> { [Child.InlineCompletions] = "1" }, cancellationToken);

    /// <summary>Starts a bare Kestrel, with its defaults.</summary>
    public static Task<BackendProcess> StartKestrelAsync(CancellationToken cancellationToken) =>
        StartAsync("serve-kestrel", new Dictionary<string, string>(), cancellationToken);

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private static async Task<BackendProcess> StartAsync(string verb, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var child = Child.Start($"the backend ({verb})", Environment.ProcessPath!, [typeof(BackendProcess).Assembly.Location, verb], environment);
        var line = await child.WaitForLineAsync(l => l.StartsWith(BackendServer.ReadyLine, StringComparison.Ordinal), cancellationToken);
        return new BackendProcess(child, int.Parse(line.AsSpan(BackendServer.ReadyLine.Length), CultureInfo.InvariantCulture));
    }
}
