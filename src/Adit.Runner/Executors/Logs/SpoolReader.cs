using System.Buffers;
using System.Globalization;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>A file of a spool.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="First">Its first line's number, which is its name.</param>
internal sealed record SpoolSegment(string Path, long First)
{
    /// <summary>How the names end.</summary>
    public const string Suffix = ".lines";

    /// <summary>Bytes that hold whole batches.</summary>
    public long Length { get; set; }

    /// <summary>A new one in a directory.</summary>
    public static SpoolSegment At(string directory, long first) =>
        new(System.IO.Path.Combine(directory, first.ToString("D19", CultureInfo.InvariantCulture) + Suffix), first);

    /// <summary>What is there; null when it is something else.</summary>
    public static SpoolSegment? Of(string path) =>
        long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? new SpoolSegment(path, first) { Length = new FileInfo(path).Length }
            : null;
}

/// <summary>Where a batch begins, so that who reads on need not look for it.</summary>
internal readonly record struct SpoolCursor(string? Path, long Offset, long Number);

/// <summary>Reads lines from the files of a spool while it is written to.</summary>
internal static class SpoolReader
{
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>Adds the lines from number <paramref name="from"/> on. False when one of the files is gone.</summary>
    public static bool TryRead(SpoolSegment[] segments, long from, int max, List<LogLine> lines, ref SpoolCursor cursor)
    {
        var index = Math.Max(0, Array.FindLastIndex(segments, s => s.First <= from));
        var offset = cursor.Path == segments[index].Path && cursor.Number <= from ? cursor.Offset : 0;
        var budget = MaxAnswerBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(SpoolBatch.MaxLength);
        try
        {
            for (; index < segments.Length && lines.Count < max && budget > 0; index++, offset = 0)
            {
                using var handle = File.OpenHandle(segments[index].Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                while (offset < segments[index].Length && lines.Count < max && budget > 0)
                {
                    var room = (int)Math.Min(SpoolBatch.MaxLength, segments[index].Length - offset);
                    var read = RandomAccess.Read(handle, buffer.AsSpan(0, room), offset);
                    var taken = Take(buffer.AsSpan(0, read), from, max, lines, ref budget, out var last);
                    if (taken == 0)
                        break; // Damaged: what follows it in this file cannot be found.
                    cursor = new SpoolCursor(segments[index].Path, offset + last.Offset, last.Number);
                    offset += taken;
                }
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Takes the whole batches at the beginning of the bytes; returns how many bytes these are.
    private static int Take(
        ReadOnlySpan<byte> bytes, long from, int max, List<LogLine> lines, ref int budget, out (int Offset, long Number) last)
    {
        var at = 0;
        last = default;
        while (lines.Count < max && budget > 0 && SpoolBatch.Head(bytes[at..], verify: true, out _) is { } head)
        {
            last = (at, head.Number);
            if (head.Number + head.Count > from)
            {
                SpoolBatch.Lines(bytes.Slice(at, head.Length), head, from, max, lines);
                budget -= head.Length;
            }

            at += head.Length;
        }

        return at;
    }
}
