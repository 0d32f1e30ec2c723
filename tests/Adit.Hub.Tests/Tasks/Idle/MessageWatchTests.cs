using System.Buffers.Binary;
using System.Text;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Templates;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks.Idle;

/// <summary>Which frames of a WebSocket say that somebody uses an application.</summary>
public sealed class MessageWatchTests
{
    private const byte Text = 0x81;
    private const byte Binary = 0x82;
    private const byte Ping = 0x89;
    private const byte Pong = 0x8A;
    private const byte CompressedText = 0xC1;

    private readonly ManualTimeProvider _time = new();
    private readonly RouteUse _use;
    private readonly MessageWatch _watch;

    public MessageWatchTests()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _use = new RouteUse(_time);
        _use.Configure(true, true, new IdleFilter(new IdlePolicy { IgnoreMessages = ["^[23]$", "^\\{\"type\":6\\}\\x1e?$"] }));
        _watch = new MessageWatch(_use, isStrong: true, isWebSocket: true);
    }

    [Theory]
    [InlineData(Text, "hello")]
    [InlineData(Binary, "x")]
    [InlineData(Text, "23")]
    public void Messages_count(byte head, string payload)
    {
        _watch.Inward(Frame(head, payload));

        Assert.NotEqual(0, _use.Message);
    }

    [Theory]
    [InlineData(Ping, "")]
    [InlineData(Ping, "keep")]
    [InlineData(Pong, "keep")]
    [InlineData(Text, "")]
    [InlineData(Text, "2")]
    [InlineData(Text, "3")]
    [InlineData(Text, "{\"type\":6}\u001e")]
    public void Signs_of_life_do_not(byte head, string payload)
    {
        _watch.Inward(Frame(head, payload));

        Assert.Equal(0, _use.Message);
    }

    [Fact]
    public void However_the_bytes_are_cut()
    {
        byte[] bytes = [.. Frame(Ping, "keep"), .. Frame(Text, "2"), .. Frame(Text, new string('x', 300)), .. Frame(Binary, new string('y', 70_000)), .. Frame(Text, "3"), .. Frame(Text, "{\"type\":6}")];
        for (var size = 1; size < 200; size += 7)
        {
            var use = new RouteUse(_time);
            use.Configure(true, true, _use.Filter);
            var watch = new MessageWatch(use, isStrong: true, isWebSocket: true);
            for (var at = 0; at < bytes.Length; at += size)
                watch.Inward(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));

            Assert.Equal(3, use.CountOf(Ignored.Message));
            Assert.NotEqual(0, use.Message);
        }
    }

    [Fact]
    public void What_the_application_sends_is_a_weak_sign_and_its_pings_are_none()
    {
        _watch.Outward(Frame(Ping, "", isMasked: false));
        Assert.Equal(0, _use.Push);

        _watch.Outward(Frame(Text, "tick", isMasked: false));

        Assert.NotEqual(0, _use.Push);
        Assert.Equal(0, _use.Message);
    }

    [Fact]
    public void A_short_message_that_is_compressed_is_a_weak_sign()
    {
        _watch.Inward(Frame(CompressedText, "??"));

        Assert.Equal(0, _use.Message);
        Assert.NotEqual(0, _use.Push);
    }

    [Fact]
    public void What_strangers_send_is_a_weak_sign()
    {
        new MessageWatch(_use, isStrong: false, isWebSocket: true).Inward(Frame(Text, "hello"));

        Assert.Equal(0, _use.Message);
        Assert.NotEqual(0, _use.Push);
    }

    [Fact]
    public void A_length_that_no_frame_has_breaks_nothing()
    {
        byte[] head = [Binary, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4];

        _watch.Inward(head);
        _watch.Inward(new byte[100_000]);

        Assert.NotEqual(0, _use.Message);
    }

    private static byte[] Frame(byte head, string payload, bool isMasked = true)
    {
        var bytes = Encoding.UTF8.GetBytes(payload);
        var mask = isMasked ? 0x80 : 0;
        var frame = new List<byte> { head };
        if (bytes.Length < 126)
        {
            frame.Add((byte)(mask | bytes.Length));
        }
        else if (bytes.Length <= ushort.MaxValue)
        {
            var length = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)bytes.Length);
            frame.AddRange([(byte)(mask | 126), .. length]);
        }
        else
        {
            var length = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)bytes.Length);
            frame.AddRange([(byte)(mask | 127), .. length]);
        }

        byte[] key = [7, 9, 11, 13];
        if (isMasked)
            frame.AddRange(key);
        frame.AddRange(bytes.Select((b, i) => isMasked ? (byte)(b ^ key[i & 3]) : b));
        return [.. frame];
    }
}
