using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Adit.Api;
using Adit.Link;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Runner.Agent;

/// <summary>
/// A runner's control API (docs/reference/runner.md): Kestrel on streams of the link and on no port of the machine. Only the hub that the runner
/// dialled can ask it anything.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    /// <summary>What the hub opens a stream to.</summary>
    public const string Target = "runner:";

    private readonly WebApplication _app;
    private readonly StreamListener _listener;

    private ControlServer(WebApplication app, StreamListener listener)
    {
        _app = app;
        _listener = listener;
    }

    /// <summary>Starts to serve.</summary>
    /// <param name="desire">Takes what should be, and the link on which it was said.</param>
    /// <param name="halt">Halts a task where it is, or lets it go on; null when that is so, otherwise why not.</param>
    /// <param name="snapshot">Makes a snapshot of a task's workspace; what it made, otherwise why there is none.</param>
    public static async Task<ControlServer> StartAsync(
        Action<DesiredTasks, string?> desire, Func<string, bool, CancellationToken, Task<string?>> halt, Func<string, string?, Task<(CreatedSnapshot? Made, string? Refusal)>> snapshot)
    {
        var listener = new StreamListener();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(listener);
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, RunnersJson.Default));
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024; // 2,000 specifications.
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        });
        var app = builder.Build();
        app.MapPut("/v1/tasks", (DesiredTasks desired, HttpContext context) =>
        {
            desire(desired, context.Features.Get<LinkOfStream>()?.Link);
            return Results.NoContent();
        });
        app.MapPost("/v1/tasks/{id}/freeze", (string id, CancellationToken cancelled) => HaltAsync(id, true, cancelled));
        app.MapPost("/v1/tasks/{id}/thaw", (string id, CancellationToken cancelled) => HaltAsync(id, false, cancelled));
        app.MapPost("/v1/tasks/{id}/snapshots", async (string id, TakeSnapshotRequest request) => await snapshot(id, request.Message) switch
        {
            ({ } made, _) => Results.Json(made, RunnersJson.Default.CreatedSnapshot),
            var (_, refusal) => Results.Text(refusal, statusCode: StatusCodes.Status409Conflict),
        });
        await app.StartAsync();
        return new ControlServer(app, listener);

        async Task<IResult> HaltAsync(string id, bool isHalted, CancellationToken cancelled) => await halt(id, isHalted, cancelled) is { } refusal
            ? Results.Text(refusal, statusCode: StatusCodes.Status409Conflict)
            : Results.NoContent();
    }

    /// <summary>Serves one stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="link">The link that stood when it was opened; null for none.</param>
    public async Task ServeAsync(LinkStream stream, string? link)
    {
        await stream.ConfirmOpenedAsync();
        await using var bytes = stream.AsStream();
        var connection = new StreamConnection(bytes);
        connection.Features.Set(new LinkOfStream(link));
        _listener.Add(connection);
        await connection.Ended;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed record LinkOfStream(string? Link);

    // Connections come from the link, and not from a socket of ours.
    private sealed class StreamListener : IConnectionListenerFactory, IConnectionListener
    {
        private readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(64);

        public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 0);

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            EndPoint = endpoint;
            return ValueTask.FromResult<IConnectionListener>(this);
        }

        public void Add(StreamConnection connection)
        {
            if (!_waiting.Writer.TryWrite(connection))
                connection.Abort();
        }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
            {
                if (_waiting.Reader.TryRead(out var connection))
                    return connection;
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class StreamConnection : ConnectionContext, IDuplexPipe
    {
        private static long _count;

        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _closed = new();

        public StreamConnection(Stream stream)
        {
            ConnectionId = Interlocked.Increment(ref _count).ToString(System.Globalization.CultureInfo.InvariantCulture);
            Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
            Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            Transport = this;
            ConnectionClosed = _closed.Token;
        }

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public Task Ended => _ended.Task;

        public override string ConnectionId { get; set; }

        public override IFeatureCollection Features { get; } = new FeatureCollection();

        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public override IDuplexPipe Transport { get; set; }

        public override void Abort(ConnectionAbortedException abortReason) => End();

        public override async ValueTask DisposeAsync()
        {
            await Input.CompleteAsync();
            await Output.CompleteAsync();
            End();
            _closed.Dispose();
            await base.DisposeAsync();
        }

        private void End()
        {
            if (_ended.TrySetResult())
                _closed.Cancel();
        }
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
