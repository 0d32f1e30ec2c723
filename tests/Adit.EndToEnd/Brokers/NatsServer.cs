using Adit.Testing;

namespace Adit.EndToEnd.Brokers;

/// <summary>Debian's nats-server on a loopback port.</summary>
internal static class NatsServer
{
    /// <summary>Starts it and returns when it accepts clients.</summary>
    public static async Task<ChildProcess> StartAsync(int port)
    {
        var server = ChildProcess.Start("/usr/sbin/nats-server", ["--addr", "127.0.0.1", "--port", $"{port}"]);
        try
        {
            await server.WaitForLineAsync("Server is ready");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
