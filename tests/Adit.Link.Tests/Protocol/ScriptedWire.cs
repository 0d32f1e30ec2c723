using System.Net;

namespace Adit.Link.Protocol;

/// <summary>A wire whose peer is a script: gives bytes in the pieces it is told, then the end, and remembers what was sent.</summary>
internal sealed class ScriptedWire(byte[] script, Func<int> nextPiece) : Wire
{
    private int _at;

    public List<byte> Sent { get; } = [];

    public bool IsAborted { get; private set; }

    public override EndPoint? Remote => null;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsAborted, this);
        var count = Math.Min(Math.Min(buffer.Length, script.Length - _at), Math.Max(1, nextPiece()));
        script.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        return new ValueTask<int>(count);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(IsAborted, this);
        Sent.AddRange(buffer.Span);
        return default;
    }

    public override void EndSending()
    {
    }

    public override void Abort() => IsAborted = true;
}
