using System.Net.Sockets;

namespace Adit.Hub.Edge.Door;

/// <summary>
/// The connections of which the door does not know yet what they want. Bounds their number and their time with one timer for all: a
/// silent connection costs its socket and one entry here. Thread-safe.
/// </summary>
internal sealed class WaitingRoom : IDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<Guest> _guests = new();
    private readonly TimeProvider _time;
    private readonly DoorMeter _meter;
    private readonly int _most;
    private readonly ITimer _timer;
    private bool _closed;

    public WaitingRoom(int most, TimeProvider time, DoorMeter meter)
    {
        _most = most;
        _time = time;
        _meter = meter;
        _timer = time.CreateTimer(static room => ((WaitingRoom)room!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <summary>How many wait now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _guests.Count;
        }
    }

    /// <summary>
    /// Lets a connection in, if need be at the cost of the one that has waited longest. Its socket is disposed when it is still here
    /// after <paramref name="patience"/>, so that whatever it awaits fails. Null when the room is closed.
    /// </summary>
    public Guest? Enter(Socket socket, TimeSpan patience)
    {
        var guest = new Guest(this, socket) { Deadline = Deadline(patience) };
        Guest? evicted = null;
        lock (_lock)
        {
            if (_closed)
                return null;
            if (_guests.Count >= _most)
                evicted = TakeFirst();
            guest.Place = _guests.AddLast(guest);
        }

        if (evicted is not null)
        {
            _meter.Evicted();
            evicted.Socket.Dispose();
        }

        return guest;
    }

    /// <summary>Sends everyone away and lets nobody in any more.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        List<Guest> all;
        lock (_lock)
        {
            _closed = true;
            all = [.. _guests];
            foreach (var guest in all)
                guest.Place = null;
            _guests.Clear();
        }

        foreach (var guest in all)
            guest.Socket.Dispose();
    }

    private long Deadline(TimeSpan patience) => _time.GetTimestamp() + (long)(patience.TotalSeconds * _time.TimestampFrequency);

    private Guest TakeFirst()
    {
        var first = _guests.First!.Value;
        _guests.RemoveFirst();
        first.Place = null;
        return first;
    }

    private void Sweep()
    {
        List<Guest>? late = null;
        var now = _time.GetTimestamp();
        lock (_lock)
        {
            for (var node = _guests.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Deadline <= now)
                {
                    _guests.Remove(node);
                    node.Value.Place = null;
                    (late ??= []).Add(node.Value);
                }

                node = next;
            }
        }

        foreach (var guest in late ?? [])
        {
            _meter.TimedOut();
            guest.Socket.Dispose();
        }
    }

    /// <summary>One connection's stay.</summary>
    public sealed class Guest(WaitingRoom room, Socket socket)
    {
        /// <summary>The connection.</summary>
        public Socket Socket { get; } = socket;

        internal long Deadline { get; set; }

        internal LinkedListNode<Guest>? Place { get; set; }

        /// <summary>Something arrived: from now on it has this long.</summary>
        public void Hurry(TimeSpan patience)
        {
            lock (room._lock)
                Deadline = room.Deadline(patience);
        }

        /// <summary>Leaves the room. False when it was sent away before, and its socket is disposed.</summary>
        public bool TryLeave()
        {
            lock (room._lock)
            {
                if (Place is null)
                    return false;
                room._guests.Remove(Place);
                Place = null;
                return true;
            }
        }
    }
}
