using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Volumes;

/// <summary>Chunks, frames and pages written by hand as docs/reference/content.md has them, right or wrong, and sent to a hub as bytes.</summary>
internal sealed class RawTree(VolumeHub volumes)
{
    private readonly List<(byte[] Id, byte[] Chunk, byte Kind)> _chunks = [];

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    public static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    public static byte[] Inline(byte[] name, string text = "x") =>
        [.. Varint((ulong)name.Length), .. name, 1, 0, .. Varint(0b110_100_100), 0, 0, .. Varint((ulong)text.Length), 0, .. Encoding.UTF8.GetBytes(text)];

    public static byte[] File(string name, byte form, ulong size, byte[] id) =>
        [.. Varint((ulong)name.Length), .. Encoding.UTF8.GetBytes(name), 1, 0, .. Varint(0b110_100_100), 0, 0, .. Varint(size), form, .. id];

    public static byte[] Beneath(string name, RawDirectory directory) =>
    [
        .. Varint((ulong)name.Length), .. Encoding.UTF8.GetBytes(name), 2, 0, .. Varint(0b111_101_101), .. directory.Id,
        .. Varint(directory.Entries), .. Varint(directory.Files), .. Varint(directory.Bytes),
    ];

    public static byte[] Frame(byte codec, int plain, byte[] body, params (byte[] Id, int Length, byte Kind)[] rows)
    {
        var frame = new byte[16 + (36 * rows.Length) + body.Length];
        "ADFR"u8.CopyTo(frame);
        frame[4] = codec;
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), (ushort)rows.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(8), plain);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(12), body.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Id.CopyTo(frame, 16 + (36 * i));
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(16 + (36 * i) + 32), (uint)rows[i].Length | ((uint)rows[i].Kind << 24));
        }

        body.CopyTo(frame, 16 + (36 * rows.Length));
        return frame;
    }

    /// <summary>A page of a directory: its entries one after the other, and what is said of it.</summary>
    public RawDirectory Directory(ulong files, ulong bytes, params byte[][] entries) =>
        new(Add(2, [1, 0, .. Varint((ulong)entries.Length), .. entries.SelectMany(static e => e)]), (ulong)entries.Length, files, bytes);

    /// <summary>A page of a list.</summary>
    public byte[] List(byte level, params byte[][] items) => Add(1, [1, level, .. Varint((ulong)items.Length), .. items.SelectMany(static i => i)]);

    public byte[] Add(byte kind, byte[] chunk)
    {
        var id = SHA256.HashData(chunk);
        _chunks.Add((id, chunk, kind));
        return id;
    }

    /// <summary>Sends the chunks, raw, a thousand to a frame.</summary>
    public async Task SendAsync()
    {
        using var body = new MemoryStream();
        foreach (var chunks in _chunks.DistinctBy(static c => Convert.ToHexString(c.Id)).Chunk(1000))
        {
            byte[] plain = [.. chunks.SelectMany(static c => c.Chunk)];
            body.Write(Frame(0, plain.Length, plain, [.. chunks.Select(static c => (c.Id, c.Chunk.Length, c.Kind))]));
        }

        Assert.Equal(HttpStatusCode.NoContent, (await AddAsync(body.ToArray())).Status);
    }

    /// <summary>Sends bytes as frames.</summary>
    public async Task<(HttpStatusCode Status, string Text)> AddAsync(byte[] frames)
    {
        using var http = LoopbackHttp.Create(volumes.Hub.AdminToken);
        using var content = new ByteArrayContent(frames);
        using var answer = await http.PostAsync(At("chunks/add"), content, Deadline);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Deadline));
    }

    /// <summary>Asks for a snapshot.</summary>
    public async Task<(HttpStatusCode Status, string Text)> CommitAsync(RawDirectory root)
    {
        using var http = LoopbackHttp.Create(volumes.Hub.AdminToken);
        var request = new CreateSnapshotRequest
        {
            Root = Convert.ToHexStringLower(root.Id), Entries = (long)root.Entries, Files = (long)root.Files, Bytes = (long)root.Bytes, Branch = "raw", Cause = "upload",
        };
        using var answer = await http.PostAsJsonAsync(At("snapshots"), request, VolumesJson.Default.CreateSnapshotRequest, Deadline);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Deadline));
    }

    private Uri At(string what) => new($"{volumes.Hub.Url}/api/v1/volumes/{VolumeHub.Volume.Project}/{VolumeHub.Volume.Name}/{what}");
}

/// <summary>A directory by its page, with what is said of it.</summary>
internal readonly record struct RawDirectory(byte[] Id, ulong Entries, ulong Files, ulong Bytes);
