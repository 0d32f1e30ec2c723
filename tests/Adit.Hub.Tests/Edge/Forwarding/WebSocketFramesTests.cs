using System.Buffers.Binary;
using Adit.Hub.Edge.Forwarding;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Hub.Tests.Edge.Forwarding;

/// <summary>Where frames end is known whatever they hold and however they are cut.</summary>
public sealed class WebSocketFramesTests
{
    // A frame by opcode, payload and whether it is masked; bytes and cuts follow from a seed.
    private static readonly Gen<(int Opcode, int Length, bool Masked)[]> Streams =
        (from opcode in Gen.Elements(0x0, 0x1, 0x2, 0x9, 0xA)
         from length in Gen.Frequency((6, Gen.Choose(0, 130)), (2, Gen.Choose(120, 1_000)), (1, Gen.Choose(65_500, 66_000)))
         from masked in Gen.Elements(true, false)
         select (opcode, length, masked)).ArrayOf().Where(static s => s.Length <= 12);

    [Fact]
    public void Where_a_frame_ends_is_known_however_the_stream_is_cut() =>
        Prop.ForAll(Arb.From(Streams), Arb.From(Gen.Choose(0, int.MaxValue)), static (stream, seed) =>
        {
            var random = new Random(seed);
            var (bytes, ends) = Write(stream, random);
            var frames = default(WebSocketFrames);
            for (var at = 0; at < bytes.Length;)
            {
                var next = Math.Min(bytes.Length, at + Piece(random));
                frames.Advance(bytes.AsSpan(at, next - at));
                at = next;
                if (frames.IsBetweenFrames != ends.Contains(at))
                    return false;
            }

            return frames is { IsBetweenFrames: true, HasClosed: false };
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void The_rest_of_a_frame_is_what_it_lacks_and_no_byte_of_the_next() =>
        Prop.ForAll(Arb.From(Streams.Where(static s => s.Length > 0)), Arb.From(Gen.Choose(0, int.MaxValue)), static (stream, seed) =>
        {
            var random = new Random(seed);
            var (bytes, ends) = Write(stream, random);
            var cut = random.Next(bytes.Length + 1);
            var frames = default(WebSocketFrames);
            frames.Advance(bytes.AsSpan(0, cut));
            var end = ends.Contains(cut) || cut == 0 ? cut : ends.First(e => e > cut);
            var at = cut;
            while (!frames.IsBetweenFrames)
            {
                var piece = bytes.AsSpan(at, Math.Min(bytes.Length - at, Piece(random)));
                at += frames.AdvanceToEnd(piece);
            }

            return at == end && frames.AdvanceToEnd(bytes.AsSpan(at)) == 0;
        }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_close_frame_is_noticed()
    {
        var frames = default(WebSocketFrames);
        frames.Advance([0x81, 0x01, 0x88, 0x88]);
        Assert.Equal((false, false), (frames.HasClosed, frames.IsBetweenFrames));
        frames.Advance([0x02]);
        Assert.Equal((true, false), (frames.HasClosed, frames.IsBetweenFrames));
        frames.Advance([0x03, 0xE8]);
        Assert.Equal((true, true), (frames.HasClosed, frames.IsBetweenFrames));
    }

    [Fact]
    public void A_length_that_is_absurd_is_the_middle_of_a_frame_for_ever()
    {
        var frames = default(WebSocketFrames);
        frames.Advance([0x82, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        frames.Advance(new byte[100_000]);
        Assert.False(frames.IsBetweenFrames);
        Assert.Equal(70_000, frames.AdvanceToEnd(new byte[70_000]));
    }

    private static int Piece(Random random) => random.Next(3) switch { 0 => 1, 1 => random.Next(1, 40), _ => random.Next(1, 20_000) };

    private static (byte[] Bytes, HashSet<int> Ends) Write((int Opcode, int Length, bool Masked)[] stream, Random random)
    {
        using var bytes = new MemoryStream();
        var ends = new HashSet<int>();
        Span<byte> length = stackalloc byte[8];
        foreach (var frame in stream)
        {
            bytes.WriteByte((byte)(frame.Opcode | (random.Next(16) << 4)));
            var mask = frame.Masked ? 0x80 : 0;
            if (frame.Length < 126)
            {
                bytes.WriteByte((byte)(mask | frame.Length));
            }
            else if (frame.Length <= ushort.MaxValue)
            {
                bytes.WriteByte((byte)(mask | 126));
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)frame.Length);
                bytes.Write(length[..2]);
            }
            else
            {
                bytes.WriteByte((byte)(mask | 127));
                BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)frame.Length);
                bytes.Write(length);
            }

            var rest = new byte[frame.Length + (frame.Masked ? 4 : 0)];
            random.NextBytes(rest);
            bytes.Write(rest);
            ends.Add((int)bytes.Length);
        }

        return (bytes.ToArray(), ends);
    }
}
