namespace Adit.Hub.Inspector;

/// <summary>
/// The recordings of all tunnels, in the order in which they were completed. Each tunnel keeps so many, all together so many bytes; what is
/// oldest goes first.
/// </summary>
internal sealed class RequestArchive(int perTunnel, long memoryLimit)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(string Tunnel, Recording Recording)> _oldestFirst = new();
    private readonly Dictionary<string, Queue<LinkedListNode<(string Tunnel, Recording Recording)>>> _byTunnel = new(StringComparer.Ordinal);
    private readonly InspectorMemory _memory = new(memoryLimit);

    /// <summary>Bytes that all recordings take.</summary>
    public long Used => _memory.Used;

    /// <summary>Keeps a completed recording.</summary>
    public void Add(string tunnel, Recording recording)
    {
        recording.Close();
        _memory.Take(recording.HeadCost);
        lock (_lock)
        {
            if (!_byTunnel.TryGetValue(tunnel, out var own))
                _byTunnel[tunnel] = own = new Queue<LinkedListNode<(string, Recording)>>();
            own.Enqueue(_oldestFirst.AddLast((tunnel, recording)));
            if (own.Count > perTunnel)
                Drop(own.Dequeue());
            while (_memory.IsOver && _oldestFirst.First is not null)
                DropOldest();
        }
    }

    /// <summary>Takes memory for a body that passes, dropping old recordings for it. False when bodies under way hold all of it.</summary>
    public bool TryMakeRoom(int bytes)
    {
        if (_memory.TryTake(bytes))
            return true;
        lock (_lock)
        {
            while (_oldestFirst.First is not null)
            {
                DropOldest();
                if (_memory.TryTake(bytes))
                    return true;
            }
        }

        return false;
    }

    /// <summary>What a recording took that will not be kept.</summary>
    public void Discard(Recording recording) => _memory.Release(recording.Request.Cost + recording.Response.Cost);

    /// <summary>
    /// The recordings of a tunnel, newest first: by when they began, since a slow one completes after those that came later.
    /// </summary>
    public IReadOnlyList<Recording> List(string tunnel)
    {
        lock (_lock)
            return _byTunnel.TryGetValue(tunnel, out var own) ? [.. own.Select(static node => node.Value.Recording).OrderByDescending(static r => r.Exchange.At)] : [];
    }

    public Recording? Find(string tunnel, string id)
    {
        lock (_lock)
            return _byTunnel.TryGetValue(tunnel, out var own)
                ? own.FirstOrDefault(node => node.Value.Recording.Exchange.Id == id)?.Value.Recording
                : null;
    }

    /// <summary>Drops all recordings of a tunnel.</summary>
    public void Forget(string tunnel)
    {
        lock (_lock)
        {
            if (!_byTunnel.Remove(tunnel, out var own))
                return;
            foreach (var node in own)
                Drop(node);
        }
    }

    private void DropOldest()
    {
        // The oldest of all is the oldest of its tunnel.
        var node = _oldestFirst.First!;
        var own = _byTunnel[node.Value.Tunnel];
        own.Dequeue();
        if (own.Count == 0)
            _byTunnel.Remove(node.Value.Tunnel);
        Drop(node);
    }

    private void Drop(LinkedListNode<(string Tunnel, Recording Recording)> node)
    {
        _oldestFirst.Remove(node);
        _memory.Release(node.Value.Recording.HeadCost);
        Discard(node.Value.Recording);
    }
}
