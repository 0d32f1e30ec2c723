using System.Net;
using System.Runtime.Versioning;
using System.Text;
using Adit.Api;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>What becomes of a home when the hub will not have it.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentWorkspaceTests
{
    [Fact(Timeout = 60_000)]
    public async Task What_the_hub_will_not_have_for_good_is_put_aside_and_its_place_is_said()
    {
        await using var hub = new RefusingHub();
        await using var stage = new AgentStage(hub.Address);
        var workspace = new WorkspaceSpec { Project = "churn", Volume = "nb", Id = "0011223344556677" };
        var spec = stage.Spec("one", "echo kept >file; exec sleep 600") with { Workspace = workspace };
        stage.Run(spec);
        await stage.SeenAsync("one", TaskState.Ready);
        await Eventually.HoldsAsync(() => File.Exists(stage.Home("one", "file")), "it has written");
        Assert.Equal("The volume is gone.", (await stage.Find("one")!.SnapshotAsync(null)).Refusal);
        stage.Tell(new DesiredTask { Spec = spec, Run = false });
        await stage.SeenAsync("one", TaskState.Stopped);
        var aside = Path.Combine(stage.Data, "unsaved", $"{stage.Id("one")}-1");
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Combine(aside, "file"), TestContext.Current.CancellationToken));
        Assert.Contains(aside, stage.Find("one")!.Seen.Reason, StringComparison.Ordinal);
    }

    // A hub that lets a task begin with nothing, and takes nothing of it.
    private sealed class RefusingHub : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _serving;

        public RefusingHub()
        {
            Address = new Uri($"http://127.0.0.1:{Ports.Free()}/");
            _listener.Prefixes.Add(Address.ToString());
            _listener.Start();
            _serving = ServeAsync();
        }

        public Uri Address { get; }

        public async ValueTask DisposeAsync()
        {
            _listener.Close();
            await _serving;
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                var isBegin = context.Request.HttpMethod == "POST" && context.Request.Url!.AbsolutePath.EndsWith("/1", StringComparison.Ordinal); // Its attempt.
                context.Response.StatusCode = isBegin ? 200 : 404;
                context.Response.ContentType = isBegin ? "application/json" : "application/problem+json";
                var text = isBegin ? "{\"isClosed\":false}" : "{\"status\":404,\"code\":\"workspace-gone\",\"detail\":\"The volume is gone.\"}";
                context.Response.Close(Encoding.UTF8.GetBytes(text), willBlock: true);
            }
        }
    }
}
