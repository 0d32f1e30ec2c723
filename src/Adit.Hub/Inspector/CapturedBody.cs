namespace Adit.Hub.Inspector;

/// <summary>
/// The first bytes of a body, collected as they pass. One writer at a time; what it holds is paid for out of the inspector's memory.
/// </summary>
internal sealed class CapturedBody(int limit, RequestArchive archive)
{
    private const int Least = 512;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>Whether bytes passed that were not kept.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>What it costs.</summary>
    public int Cost => _bytes.Length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || IsTruncated)
            return;
        var room = Math.Min(bytes.Length, limit - _length);
        if (room < bytes.Length)
            IsTruncated = true;
        if (room <= 0 || !Grow(_length + room))
            return;
        bytes[..room].CopyTo(_bytes.AsSpan(_length));
        _length += room;
    }

    private bool Grow(int needed)
    {
        if (needed <= _bytes.Length)
            return true;
        var capacity = Math.Min(limit, Math.Max(Math.Max(needed, Least), _bytes.Length * 2));
        if (!archive.TryMakeRoom(capacity - _bytes.Length))
        {
            IsTruncated = true;
            return false;
        }

        Array.Resize(ref _bytes, capacity);
        return true;
    }
}
