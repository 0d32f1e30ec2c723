using System.Text;
using Adit.Bench.Subjects;

namespace Adit.Bench.Load;

/// <summary>WebSockets that are opened and then say nothing, as a thousand notebook pages in background tabs do.</summary>
internal sealed class IdleWebSockets : IDisposable
{
    private const int AtOnce = 32;

    private readonly List<HttpConnection> _open = [];

    /// <summary>Opens a number of them through a subject.</summary>
    public static async Task<IdleWebSockets> OpenAsync(Subject subject, int count, CancellationToken cancellationToken)
    {
        var head = Encoding.ASCII.GetBytes(
            $"GET /ws HTTP/1.1\r\nHost: {subject.Host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var all = new IdleWebSockets();
        try
        {
            for (var left = count; left > 0; left -= AtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                all._open.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(left, AtOnce)).Select(_ => OpenOneAsync(subject, head))).WithinAsync(subject.Name));
            }

            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var connection in _open)
            connection.Dispose();
    }

    private static async Task<HttpConnection> OpenOneAsync(Subject subject, byte[] head)
    {
        var connection = await HttpConnection.OpenAsync(subject, bufferSize: 1024);
        await connection.SendAsync(head);
        var (status, _, _) = await connection.ReceiveHeadAsync();
        return status == 101 ? connection : throw new IOException($"{subject.Name} answered {status} to an upgrade");
    }
}
