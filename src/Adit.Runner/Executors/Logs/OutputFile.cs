using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>
/// One file that a program writes and we read: cut into lines. A line that is longer than <see cref="LongestLine"/>, or whose end does not come
/// within a second, is given in pieces that end between two characters.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed class OutputFile : IDisposable
{
    /// <summary>Bytes of a line that are given in one piece.</summary>
    public const int LongestLine = 16 * 1024;

    private const int Bite = 128 * 1024;
    private const int Share = SpoolBatch.MaxLength / 2 - 3 * LongestLine - SpoolBatch.HeadLength; // Of a batch, less the longest line when all of it must be repaired.
    private const long FreeEvery = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly int _stream;
    private readonly TimeProvider _time;
    private readonly IFileHoles _holes = FileHoles.ForThisSystem();
    private SafeFileHandle? _file;
    private long _before;
    private long _freed; // Of what an earlier object took nobody knows whether it freed it: it is freed again.
    private long _waitsSince;
    private bool _waits;

    /// <summary>Reads on from a position.</summary>
    public OutputFile(string path, int stream, long position, TimeProvider time)
    {
        _path = path;
        _stream = stream;
        _time = time;
        Position = _before = position;
    }

    /// <summary>Bytes that were taken.</summary>
    public long Position { get; private set; }

    /// <summary>Adds whole lines that are there to the batch: at most 128 KiB and half a batch. False when nothing was taken.</summary>
    /// <param name="batch">Gets them.</param>
    /// <param name="isLast">Whether nothing more will be written, so that what has no end is a line too.</param>
    public bool Take(SpoolBatch batch, bool isLast)
    {
        _before = Position;
        _file ??= Open();
        var length = RandomAccess.GetLength(_file);
        if (length <= Position)
        {
            if (length < Position)
                Position = length; // The program cut its own output off. What it writes from now on is new.
            return _before != Position;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Bite);
        try
        {
            var read = RandomAccess.Read(_file, buffer.AsSpan(0, Bite), Position);
            var taken = Cut(buffer.AsSpan(0, read), batch, isLast && Position + read >= length);
            Position += taken;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Position != _before;
    }

    /// <summary>What was taken last was not.</summary>
    public void Revert() => Position = _before;

    /// <summary>Frees what was taken, from time to time. False when the file system cannot.</summary>
    /// <param name="isNow">Whether also where that is little: the disk is full.</param>
    public bool Free(bool isNow = false)
    {
        if (Position - _freed < (isNow ? 1 : FreeEvery) || _file is null)
            return true;
        var can = _holes.Free(_file, _freed, Position - _freed);
        _freed = Position;
        return can;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private int Cut(ReadOnlySpan<byte> bytes, SpoolBatch batch, bool isLast)
    {
        var at = 0;
        var full = batch.Length + Share;
        while (at < bytes.Length && batch.Length < full)
        {
            var rest = bytes[at..];
            var end = rest[..Math.Min(rest.Length, LongestLine + 1)].IndexOf((byte)'\n');
            if (end >= 0)
            {
                // What Windows programs end lines with is an end too.
                batch.Add(_stream, end > 0 && rest[end - 1] == '\r' ? rest[..(end - 1)] : rest[..end], isPart: false);
                at += end + 1;
                _waits = false;
            }
            else if (rest.Length > LongestLine)
            {
                var piece = Whole(rest[..LongestLine]);
                batch.Add(_stream, rest[..piece], isPart: true);
                at += piece;
                _waits = false;
            }
            else if (isLast)
            {
                batch.Add(_stream, rest, isPart: false);
                at = bytes.Length;
            }
            else
            {
                if (HasWaited() && Whole(rest) is > 0 and var piece)
                {
                    batch.Add(_stream, rest[..piece], isPart: true);
                    at += piece;
                    _waits = false;
                }

                break;
            }
        }

        return at;
    }

    // Whether the beginning of a line has been there for a while.
    private bool HasWaited()
    {
        if (_waits)
            return _time.GetElapsedTime(_waitsSince) >= Patience;
        _waits = true;
        _waitsSince = _time.GetTimestamp();
        return false;
    }

    // How many of the bytes end with a whole character. What is no UTF-8 has no characters to keep together.
    private static int Whole(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var status = Rune.DecodeFromUtf8(bytes[^back..], out _, out _);
            if ((bytes[^back] & 0xC0) != 0x80)
                return status == OperationStatus.NeedMoreData ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }

    private SafeFileHandle Open() => File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
