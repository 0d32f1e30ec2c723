using System.Diagnostics;
using System.Security.Cryptography;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Adit.Faults.Networks;

/// <summary>What real networks do to a link: swallow packets, lose some, move a machine.</summary>
public sealed class NetworkTests(ITestOutputHelper output)
{
    private static readonly byte[] Large = RandomNumberGenerator.GetBytes(5_000_000);

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Long")]
    public async Task A_network_that_swallows_everything_is_noticed_by_both_sides_and_the_tunnel_returns_with_it(bool isTls)
    {
        await using var machines = await TwoMachines.StartAsync(isTls);
        await using var app = await ServeAsync(machines.Socket);
        var started = Stopwatch.GetTimestamp();

        // One answer flows, one stream is silent, one upload fills the pipe when the network goes.
        await using var download = machines.StartVisit("/drip");
        await using var silent = machines.StartVisit("/silent");
        await using var upload = machines.StartVisit("/swallow", "-T", "/dev/zero");
        await Eventually.HoldsAsync(() => app.Drips > 3 && app.Swallowed > 3_000_000, "the transfers run");
        await machines.CutAsync();

        started = Stopwatch.GetTimestamp();
        await Eventually.HoldsAsync(async () => await machines.AnswersAsync("503"), "visitors are told that the tunnel is offline", TimeSpan.FromSeconds(45));
        output.WriteLine($"offline after {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        await machines.Client.WaitForLineAsync("not heard|cannot be reached|lost", TimeSpan.FromSeconds(45));
        output.WriteLine($"the client knew by {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");
        foreach (var (name, visit) in new[] { ("download", download), ("silent", silent), ("upload", upload) })
        {
            await visit.WaitForExitAsync(TimeSpan.FromSeconds(45));
            output.WriteLine($"{name} ended after {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {visit.Output}");
            Assert.NotEqual(28, visit.ExitCode); // curl's own deadline
        }

        await Eventually.HoldsAsync(() => app.Open == 0, "the application's connections are closed", TimeSpan.FromSeconds(45));
        output.WriteLine($"the application was free after {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s");

        await machines.MendAsync();
        await Eventually.HoldsAsync(async () => await machines.AnswersAsync("200"), "the tunnel is back", TimeSpan.FromSeconds(40));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_network_that_loses_packets_delivers_every_byte()
    {
        await using var machines = await TwoMachines.StartAsync();
        await using var app = await ServeAsync(machines.Socket);
        await machines.LoseSomeAsync();
        using var here = new TempDirectory();
        var file = here.File("large");
        await machines.VisitAsync("/large", 60, "-o", file);
        Assert.Equal(Large, await File.ReadAllBytesAsync(file, Deadline));
        var digest = await machines.VisitAsync("/digest", 60, "-H", "Expect:", "--data-binary", "@" + file);
        Assert.StartsWith(Convert.ToHexString(SHA256.HashData(Large)), digest, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    [Trait("Category", "Long")]
    public async Task A_client_whose_address_changes_comes_back_with_the_same_name()
    {
        await using var machines = await TwoMachines.StartAsync();
        await using var app = await ServeAsync(machines.Socket);
        await machines.MoveClientAsync();
        await Eventually.HoldsAsync(async () => await machines.AnswersAsync("200"), "the tunnel is back", TimeSpan.FromSeconds(60));
    }

    private static async Task<App> ServeAsync(string socket)
    {
        var app = new App(socket);
        await app.StartAsync();
        return app;
    }

    private sealed class App : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private int _open;
        private int _drips;
        private long _swallowed;

        public App(string socket)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.ListenUnixSocket(socket);
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MinResponseDataRate = null;
            });
            _app = builder.Build();
            _app.MapGet("/", () => "here");
            _app.MapGet("/large", () => Results.Bytes(Large));
            _app.MapPost("/digest", async (HttpRequest request) => Convert.ToHexString(await SHA256.HashDataAsync(request.Body)));
            _app.MapGet("/drip", context => CountAsync(context, DripAsync));
            _app.MapGet("/silent", context => CountAsync(context, SilentAsync));
            _app.MapPut("/swallow", context => CountAsync(context, SwallowAsync));
        }

        public int Open => Volatile.Read(ref _open);

        public int Drips => Volatile.Read(ref _drips);

        public long Swallowed => Volatile.Read(ref _swallowed);

        public Task StartAsync() => _app.StartAsync();

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        private async Task CountAsync(HttpContext context, Func<HttpContext, Task> serve)
        {
            Interlocked.Increment(ref _open);
            try
            {
                await serve(context);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // Cut off, as it should be.
            }
            finally
            {
                Interlocked.Decrement(ref _open);
            }
        }

        private async Task DripAsync(HttpContext context)
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while (await pace.WaitForNextTickAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync("drip", context.RequestAborted);
                Interlocked.Increment(ref _drips);
            }
        }

        private static async Task SilentAsync(HttpContext context)
        {
            await context.Response.WriteAsync("and then nothing", context.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }

        private async Task SwallowAsync(HttpContext context)
        {
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                Interlocked.Add(ref _swallowed, count);
            }
        }
    }
}
