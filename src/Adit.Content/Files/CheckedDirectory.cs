using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>A directory that is being made what a tree says.</summary>
/// <remarks>As with <see cref="ScannedDirectory"/>, one worker fills it, and the one that is done with the last directory beneath completes it.</remarks>
internal sealed class CheckedDirectory(CheckedDirectory? parent, int rowInParent, DirectoryRef target) : IDisposable
{
    private int _pending = 1;

    public CheckedDirectory? Parent => parent;

    public int RowInParent => rowInParent;

    public DirectoryRef Target => target;

    public int Depth { get; } = parent is null ? 1 : parent.Depth + 1;

    public byte[] Name { get; init; } = [];

    public int Mode { get; init; }

    /// <summary>It was made just now: there is nothing in it.</summary>
    public bool IsNew { get; init; }

    /// <summary>What is known of it, and where that is.</summary>
    public long OldBlock { get; init; }

    public IndexBlock? Old { get; set; }

    public IOpenDirectory? Directory { get; set; }

    /// <summary>What is in it now, in the order of the names; directories get their block when they are complete.</summary>
    public IndexRow[] Rows { get; set; } = [];

    /// <summary>The entries of these rows.</summary>
    public ByteWriter Entries = new(0);

    /// <summary>The encoded entry of a row.</summary>
    public ReadOnlySpan<byte> Entry(int row) => Entries.Written.Slice(Rows[row].EntryOffset, Rows[row].EntryLength);

    /// <summary>Says that a directory beneath is to be made what the tree says.</summary>
    public void Expect() => _pending++;

    /// <summary>One of what it waits for, itself or a directory beneath, is done; true when it was the last.</summary>
    public bool Done() => Interlocked.Decrement(ref _pending) == 0;

    /// <summary>Notes what the system says of an entry that is as the tree has it. Where times are too coarse it is compared again next time.</summary>
    public void Know(int row, in FileStat stat, FileClock clock)
    {
        ref var known = ref Rows[row];
        known.Modified = stat.Modified;
        known.Changed = clock.IsFine(stat.Changed) ? stat.Changed : long.MinValue;
        known.Inode = stat.Inode;
        known.Size = stat.Size;
        known.Mode = stat.Mode;
    }

    public void Dispose()
    {
        Directory?.Dispose();
        Old?.Dispose();
    }
}
