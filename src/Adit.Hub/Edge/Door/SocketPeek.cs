using System.Buffers;
using System.Net.Sockets;

namespace Adit.Hub.Edge.Door;

/// <summary>Reads a delegate's view of bytes that stay in the socket.</summary>
internal delegate T PeekReader<out T>(Span<byte> bytes);

/// <summary>
/// Looks at what a connection has sent without taking it (MSG_PEEK), so that whoever gets the connection finds it whole. Memory is rented
/// only for the moment of looking, and never more than the peer has really sent.
/// </summary>
/// <param name="socket">The connection; nobody else receives from it meanwhile.</param>
/// <param name="guest">Its place in the waiting room, whose deadline shortens with the first byte.</param>
/// <param name="patience">From the first byte to a decision.</param>
/// <param name="time">Paces the looks.</param>
internal sealed class SocketPeek(Socket socket, WaitingRoom.Guest guest, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private bool _isHurried;

    /// <summary>
    /// Looks again and again until <paramref name="isDecided"/>, or until <paramref name="most"/> bytes did not suffice, or the peer has
    /// sent its last byte: then the undecided view is returned.
    /// </summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">Its time in the waiting room was over.</exception>
    public async ValueTask<T> ReadAsync<T>(int most, PeekReader<T> read, Func<T, bool> isDecided)
    {
        // An empty receive completes when there is something to receive (or the end), and holds no buffer until then. It may also complete
        // at an old event, for bytes that are taken already.
        do
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        while (!socket.Poll(0, SelectMode.SelectRead));
        if (!_isHurried)
            guest.Hurry(patience);
        _isHurried = true;

        var pause = ShortestPause;
        var seen = 0;
        while (true)
        {
            var count = Look(most, read, out var view);
            if (count == 0 || count >= most || isDecided(view))
                return view;

            // The kernel calls a socket with unread bytes readable, so it cannot tell us when more come: we look again, ever less
            // often while nothing new is there. The rest of a ClientHello that was cut into segments is here at the first or second look.
            pause = count > seen ? ShortestPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            seen = count;
            await Task.Delay(pause, time);
        }
    }

    /// <summary>Takes bytes off the connection that were seen before.</summary>
    public void Consume(int count)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            for (var left = count; left > 0;)
            {
                var taken = socket.Receive(buffer.AsSpan(0, left), SocketFlags.None);
                if (taken == 0)
                    throw new SocketException((int)SocketError.ConnectionReset);
                left -= taken;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Does not block: something is there to receive, and only we receive.
    private int Look<T>(int most, PeekReader<T> read, out T view)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(socket.Available, 1, most));
        try
        {
            var count = socket.Receive(buffer.AsSpan(0, Math.Min(buffer.Length, most)), SocketFlags.Peek);
            view = read(buffer.AsSpan(0, count));
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
