using Adit.Content.Trees;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Files;

/// <summary>
/// How directories and files are reached on a system. Every name is taken beneath a directory that is open, and no symbolic link is ever followed: whoever owns
/// the files may exchange a directory for a link at any moment, and gets nothing read or written elsewhere by that.
/// Names are bytes without NUL. What cannot be read throws <see cref="CannotReadException"/>, which names it and says why.
/// </summary>
internal interface IFileAccess
{
    /// <summary>Opens a directory by a path, which may lead over links.</summary>
    IOpenDirectory Open(string path);
}

/// <summary>A directory that is open. For one thread at a time, but for <see cref="OpenDirectory"/>.</summary>
internal interface IOpenDirectory : IDisposable
{
    /// <summary>Its path, for messages.</summary>
    string Path { get; }

    /// <summary>Whether its file system is known to keep times so finely that two changes 20 ms apart have two; others are taken to have steps of 2 s.</summary>
    bool HasFineTimes { get; }

    /// <summary>What the system says of the directory itself.</summary>
    FileStat Stat();

    /// <summary>What the system says of a name in it; false when there is no such name.</summary>
    bool TryStat(ReadOnlySpan<byte> name, out FileStat stat);

    /// <summary>Calls <paramref name="each"/> with each name in it but <c>.</c> and <c>..</c>, in no order.</summary>
    void List(NameReader each);

    /// <summary>Opens a directory in it; null when it is gone, or is no directory any more.</summary>
    IOpenDirectory? OpenDirectory(ReadOnlySpan<byte> name);

    /// <summary>Opens a file in it to read; null when it is gone, or is no file any more.</summary>
    SafeFileHandle? OpenFile(ReadOnlySpan<byte> name);

    /// <summary>Reads bytes of an open file from <paramref name="offset"/> on; 0 at its end. Its name is for the message.</summary>
    int Read(SafeFileHandle file, ReadOnlySpan<byte> name, Span<byte> buffer, long offset);

    /// <summary>Makes a directory in it.</summary>
    /// <exception cref="CannotWriteException">There is something of this name, or it cannot be made.</exception>
    void MakeDirectory(ReadOnlySpan<byte> name);

    /// <summary>Makes a file in it, open to be written.</summary>
    /// <exception cref="CannotWriteException">There is something of this name, or it cannot be made.</exception>
    SafeFileHandle MakeFile(ReadOnlySpan<byte> name, int mode);

    /// <summary>Writes bytes to a file that was made; what is between them and its end is zero. The entry is for the message.</summary>
    /// <exception cref="CannotWriteException">The disk is full, or worse.</exception>
    void Write(SafeFileHandle file, TreeEntry entry, ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Gives a file that was made its length, mode, attributes and time, as far as the system has such; afterwards it is written no more.</summary>
    /// <exception cref="CannotWriteException">It cannot have them.</exception>
    void Describe(SafeFileHandle file, TreeEntry entry);

    /// <summary>Makes a symbolic link in it.</summary>
    /// <exception cref="CannotWriteException">There is something of this name, or this system or user may not make one.</exception>
    void MakeLink(ReadOnlySpan<byte> name, TreeEntry entry);

    /// <summary>Gives an open file one more name here; false where the system cannot.</summary>
    bool TryHardLink(SafeFileHandle file, ReadOnlySpan<byte> name);

    /// <summary>Gives something in it another name in it, in the place of what has that name now, at once.</summary>
    /// <exception cref="CannotWriteException">It cannot.</exception>
    void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> name);

    /// <summary>Removes a file, a link or an empty directory, if it is there.</summary>
    /// <exception cref="CannotWriteException">It cannot, or the directory is not empty.</exception>
    void Remove(ReadOnlySpan<byte> name, bool isDirectory);

    /// <summary>Gives the directory itself a mode.</summary>
    void SetMode(int mode);

    /// <summary>What the system says of an open file.</summary>
    FileStat Stat(SafeFileHandle file);

    /// <summary>Where a link leads; null when it is gone or no link any more.</summary>
    byte[]? ReadLink(ReadOnlySpan<byte> name);

    /// <summary>The extended attributes of an open file that users give (<c>user.*</c> on Linux), in ascending order of their names' bytes. None where there are none.</summary>
    IReadOnlyList<ExtendedAttribute> Attributes(SafeFileHandle file, ReadOnlySpan<byte> name);

    /// <summary>The next bytes of an open file from <paramref name="offset"/> on that may not be zero: where they begin and end. (size, size) when there are no more.</summary>
    (long Start, long End) NextData(SafeFileHandle file, long offset, long size);
}

/// <summary>Gets a name, which is good during the call.</summary>
internal delegate void NameReader(ReadOnlySpan<byte> name);
