using System.Buffers;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>A directory that is being scanned: its rows in the order of their names, until the last directory beneath it is done and its page can be written.</summary>
/// <remarks>One worker fills it; then each directory beneath it sets its own row, from whatever worker, and the one that is last finishes it.</remarks>
internal sealed class ScannedDirectory(ScannedDirectory? parent, int rowInParent, IgnoreRules rules) : IDisposable
{
    private IndexRow[] _rows = [];
    private int _toOpen;
    private int _pending = 1;

    public ScannedDirectory? Parent => parent;

    public int RowInParent => rowInParent;

    public int Depth { get; } = parent is null ? 1 : parent.Depth + 1;

    /// <summary>What holds in it, its own rules too once these were read.</summary>
    public IgnoreRules Rules { get; set; } = rules;

    /// <summary>Its path beneath the topmost directory; only where rules ask for it.</summary>
    public string PathBeneath { get; set; } = "";

    public IOpenDirectory? Directory { get; set; }

    public FileStat Stat { get; set; }

    /// <summary>What was known of it, and where that is.</summary>
    public IndexBlock? Old { get; set; }

    public long OldBlock { get; set; }

    /// <summary>It was opened; otherwise it is left out.</summary>
    public bool WasSeen { get; set; }

    /// <summary>Something in it could not be read: its names are read again next time, even if it looks unchanged.</summary>
    public bool HasGaps { get; set; }

    /// <summary>Anything is different from what was known.</summary>
    public bool IsChanged { get; set; }

    /// <summary>New entries of files and links, and the names of directories.</summary>
    public ByteWriter New = new(0);

    public int Count { get; private set; }

    public Span<IndexRow> Rows => _rows.AsSpan(0, Count);

    /// <summary>Adds a row. Its offset counts in <see cref="Old"/> when it is below 0 (as -1 - offset), otherwise in <see cref="New"/>.</summary>
    public void Add(in IndexRow row)
    {
        if (Count == _rows.Length)
        {
            var larger = ArrayPool<IndexRow>.Shared.Rent(Math.Max(64, Count * 2));
            Rows.CopyTo(larger);
            if (_rows.Length > 0)
                ArrayPool<IndexRow>.Shared.Return(_rows);
            _rows = larger;
        }

        _rows[Count++] = row;
    }

    /// <summary>Says that a directory beneath is still to be opened and scanned.</summary>
    public void Expect()
    {
        _toOpen++;
        _pending++;
    }

    /// <summary>One of the directories beneath is open, or cannot be opened: after the last this one is closed.</summary>
    public void Opened()
    {
        if (Interlocked.Decrement(ref _toOpen) == 0)
            Directory?.Dispose();
    }

    /// <summary>Closes it when nothing beneath needs it to be open.</summary>
    public void CloseUnlessNeeded()
    {
        if (Volatile.Read(ref _toOpen) == 0)
            Directory?.Dispose();
    }

    /// <summary>One of what it waits for, itself or a directory beneath, is done; true when it was the last.</summary>
    public bool Done() => Interlocked.Decrement(ref _pending) == 0;

    /// <summary>The bytes that a row's offset leads to.</summary>
    public ReadOnlySpan<byte> Entry(in IndexRow row) => row.EntryOffset < 0
        ? Old!.Bytes.Slice(-1 - row.EntryOffset, row.EntryLength)
        : New.Written.Slice(row.EntryOffset, row.EntryLength);

    public void Dispose()
    {
        Directory?.Dispose();
        Old?.Dispose();
        if (_rows.Length > 0)
            ArrayPool<IndexRow>.Shared.Return(_rows);
        _rows = [];
        Count = 0;
    }
}
