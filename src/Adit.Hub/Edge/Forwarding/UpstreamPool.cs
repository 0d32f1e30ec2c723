namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// The idle HTTP/1.1 connections of one upstream. The one used last is taken first, so that what is not needed grows old and is closed.
/// </summary>
internal sealed class UpstreamPool
{
    private const int MaxIdle = 256;

    private readonly Lock _lock = new();
    private readonly List<UpstreamConnection> _idle = [];
    private bool _closed;

    /// <summary>How many are idle.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Takes one that is quiet; null when there is none.</summary>
    public UpstreamConnection? Take()
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                    return null;
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                connection.IsIdle = false;
            }

            if (connection.IsQuiet)
                return connection;
            connection.Finish();
        }
    }

    /// <summary>Gives back one whose exchange is over and whose next receive is posted.</summary>
    public void Put(UpstreamConnection connection)
    {
        UpstreamConnection? surplus = null;
        lock (_lock)
        {
            if (_closed)
            {
                surplus = connection;
            }
            else
            {
                connection.IsIdle = true;
                _idle.Add(connection);
                if (_idle.Count > MaxIdle)
                {
                    surplus = _idle[0];
                    _idle.RemoveAt(0);
                    surplus.IsIdle = false;
                }
            }
        }

        surplus?.Finish();
    }

    /// <summary>Takes out a certain one; false when it is not idle any more.</summary>
    public bool TryRemove(UpstreamConnection connection)
    {
        lock (_lock)
        {
            if (!connection.IsIdle || !_idle.Remove(connection))
                return false;
            connection.IsIdle = false;
            return true;
        }
    }

    /// <summary>Closes all and keeps none from now on: the upstream is gone.</summary>
    public void Close()
    {
        UpstreamConnection[] all;
        lock (_lock)
        {
            _closed = true;
            all = [.. _idle];
            _idle.Clear();
            foreach (var connection in all)
                connection.IsIdle = false;
        }

        foreach (var connection in all)
            connection.Finish();
    }
}
