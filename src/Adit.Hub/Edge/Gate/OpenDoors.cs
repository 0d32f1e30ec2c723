using System.Diagnostics.CodeAnalysis;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Everything that has passed a door and is still going on: requests, WebSockets, connections. When anything changes that a door was
/// opened for (a session ends, a token is revoked, an account, a group, a project or a policy is not what it was), each is asked again, and
/// those that would not be let in any more are closed.
/// </summary>
/// <remarks>
/// Asking all again costs a fraction of a microsecond each and needs no index that could miss one. Changes that come while all are being
/// asked make for one more round, however many they are.
/// </remarks>
internal sealed class OpenDoors(TimeProvider time) : IDisposable
{
    private const int Idle = 0;
    private const int Asking = 1;
    private const int AskAgain = 2;
    private static readonly TimeSpan LookForExpired = TimeSpan.FromMilliseconds(500);

    private readonly Shelf[] _shelves = [.. Enumerable.Range(0, 16).Select(static _ => new Shelf())];
    private readonly Lock _timerLock = new();
    private ITimer? _timer;
    private int _asking;
    private long _version;
    private long _closed;
    private long _ending;

    /// <summary>Counts changes: who notes it before deciding and finds another after <see cref="Enter"/> decides anew.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>How many were closed since the start.</summary>
    public long ClosedTotal => Interlocked.Read(ref _closed);

    /// <summary>How many there are.</summary>
    public int Count => _shelves.Sum(static s => s.Count);

    /// <summary>Somebody has passed. Pair with <see cref="Leave"/>.</summary>
    /// <param name="door">What goes on.</param>
    /// <param name="mayEnd">Whether what let it pass ends at some time by itself.</param>
    public void Enter(OpenDoor door, bool mayEnd)
    {
        door.MayEnd = mayEnd;
        door.Shelf = (uint)Environment.CurrentManagedThreadId % (uint)_shelves.Length;
        _shelves[door.Shelf].Add(door);
        if (mayEnd && Interlocked.Increment(ref _ending) == 1)
            StartTimer();
    }

    /// <summary>It is over.</summary>
    public void Leave(OpenDoor door)
    {
        _shelves[door.Shelf].Remove(door);
        if (door.MayEnd)
            Interlocked.Decrement(ref _ending);
    }

    /// <summary>Something changed: all are asked again, soon and on another thread. Never blocks.</summary>
    public void Changed()
    {
        Interlocked.Increment(ref _version);
        if (Interlocked.Exchange(ref _asking, AskAgain) == Idle)
            ThreadPool.UnsafeQueueUserWorkItem(static doors => doors.AskAll(), this, preferLocal: false);
    }

    /// <summary>Shows all of them, a moment at a time, to somebody who must not block or call back.</summary>
    public void LookAt(Action<OpenDoor> look)
    {
        foreach (var shelf in _shelves)
            shelf.LookAt(look);
    }

    public void Dispose()
    {
        lock (_timerLock)
        {
            _timer?.Dispose();
        }
    }

    private void StartTimer()
    {
        lock (_timerLock)
        {
            _timer ??= time.CreateTimer(static d => ((OpenDoors)d!).Look(), this, LookForExpired, LookForExpired);
        }
    }

    // A share that expires ends what came in by it, though nobody changes anything at that moment.
    private void Look()
    {
        if (Interlocked.Read(ref _ending) > 0)
            Changed();
    }

    [SuppressMessage("Design", "CA1031", Justification = "One that cannot be asked must not keep the others open.")]
    private void AskAll()
    {
        do
        {
            Volatile.Write(ref _asking, Asking);
            foreach (var shelf in _shelves)
            {
                foreach (var close in shelf.Closing())
                {
                    Interlocked.Increment(ref _closed);
                    try
                    {
                        close();
                    }
                    catch (Exception)
                    {
                        // It was ending by itself.
                    }
                }
            }
        }
        while (Interlocked.CompareExchange(ref _asking, Idle, Asking) != Asking);
    }

    private sealed class Shelf
    {
        private readonly Lock _lock = new();
        private OpenDoor? _first;
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add(OpenDoor door)
        {
            lock (_lock)
            {
                door.Next = _first;
                if (_first is not null)
                    _first.Previous = door;
                _first = door;
                _count++;
            }
        }

        public void Remove(OpenDoor door)
        {
            lock (_lock)
            {
                if (door.Previous is { } before)
                    before.Next = door.Next;
                else
                    _first = door.Next;
                if (door.Next is { } after)
                    after.Previous = door.Previous;
                door.Next = door.Previous = null;
                _count--;
            }
        }

        public void LookAt(Action<OpenDoor> look)
        {
            lock (_lock)
            {
                for (var door = _first; door is not null; door = door.Next)
                    look(door);
            }
        }

        // Closing runs outside of the lock, for it wakes whoever waits on the connection, and that one leaves.
        public List<Action> Closing()
        {
            var closing = new List<Action>();
            lock (_lock)
            {
                for (var door = _first; door is not null; door = door.Next)
                {
                    if (!MayStay(door))
                        closing.Add(door.Closing());
                }
            }

            return closing;
        }

        [SuppressMessage("Design", "CA1031", Justification = "Who cannot be asked may not stay.")]
        private static bool MayStay(OpenDoor door)
        {
            try
            {
                return door.MayStay();
            }
            catch (Exception)
            {
                return false;
            }
        }
    }
}

/// <summary>Something that has passed a door. In one list of <see cref="OpenDoors"/> at a time.</summary>
internal abstract class OpenDoor
{
    internal OpenDoor? Next { get; set; }

    internal OpenDoor? Previous { get; set; }

    internal uint Shelf { get; set; }

    internal bool MayEnd { get; set; }

    /// <summary>Whether it would be let in now. Answers from memory.</summary>
    public abstract bool MayStay();

    /// <summary>
    /// What closes it. Asked while it is open; run a moment later, when it may be over already and its object used for another.
    /// </summary>
    public abstract Action Closing();
}
