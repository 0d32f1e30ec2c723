using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary>A hub, a client, and a public http tunnel "one" to an application that says hello; for tests that leave all of it whole.</summary>
public sealed class OneTunnel : IAsyncLifetime
{
    private ChildProcess? _client;
    private HubProcess? _hub;

    internal Upstream Upstream { get; } = Upstream.Saying("one says hello");

    internal HubProcess Hub => _hub!;

    internal ChildProcess Client => _client!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _hub = await HubProcess.StartAsync();
        _client = await Stage.Client.StartAsync(_hub, "one", "http", Upstream.Target);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        await Upstream.DisposeAsync();
    }
}
