using System.Text;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Takes the chunked coding (RFC 9112 section 7.1) apart, run by run, as strictly as heads are read: CR LF only, bounded sizes,
/// extensions and trailers.
/// </summary>
internal sealed class ChunkedReader
{
    /// <summary>The most that extensions of one chunk, or all trailers, may take.</summary>
    public const int MaxOverhead = 16 * 1024;

    private readonly List<KeyValuePair<string, string>> _trailers = [];
    private byte[] _line = [];
    private int _lineLength;
    private int _overhead;
    private int _digits;
    private long _remaining;
    private State _state;

    private enum State : byte
    {
        Size,
        Extension,
        SizeEnd,
        Data,
        DataReturn,
        DataFeed,
        Trailers,
        Done,
    }

    /// <summary>Whether the last chunk and the trailers have been read.</summary>
    public bool IsDone => _state == State.Done;

    /// <summary>The trailers, once done.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Trailers => _trailers;

    /// <summary>Begins a new body.</summary>
    public void Start()
    {
        _state = State.Size;
        _digits = 0;
        _remaining = 0;
        _overhead = 0;
        _lineLength = 0;
        _trailers.Clear();
    }

    /// <summary>Reads on until a piece of data, the end of the body, or the end of the input.</summary>
    /// <param name="input">What was received; moved past what was read.</param>
    /// <returns>The piece of data, a slice of the input; empty when there is none.</returns>
    /// <exception cref="BadResponseException">The coding is broken.</exception>
    public Memory<byte> Read(ref Memory<byte> input)
    {
        while (!input.IsEmpty && _state != State.Done)
        {
            if (_state == State.Data)
            {
                var data = input[..(int)Math.Min(_remaining, input.Length)];
                input = input[data.Length..];
                _remaining -= data.Length;
                if (_remaining == 0)
                    _state = State.DataReturn;
                return data;
            }

            input = input[Step(input.Span)..];
        }

        return default;
    }

    // Reads framing; returns how many bytes of it.
    private int Step(ReadOnlySpan<byte> input)
    {
        switch (_state)
        {
            case State.Size:
                ReadSize(input[0]);
                return 1;
            case State.Extension:
                return SkipExtension(input);
            case State.SizeEnd:
                Require(input[0] == '\n');
                _lineLength = 0;
                _overhead = _remaining == 0 ? 0 : _overhead;
                _state = _remaining == 0 ? State.Trailers : State.Data;
                return 1;
            case State.DataReturn:
                Require(input[0] == '\r');
                _state = State.DataFeed;
                return 1;
            case State.DataFeed:
                Require(input[0] == '\n');
                _state = State.Size;
                _digits = 0;
                _overhead = 0;
                return 1;
            default:
                return ReadTrailers(input);
        }
    }

    private void ReadSize(byte b)
    {
        if (char.IsAsciiHexDigit((char)b))
        {
            Require(++_digits <= 15);
            _remaining = (_remaining << 4) | (uint)HexValue(b);
            return;
        }

        Require(_digits > 0);
        _state = b switch
        {
            (byte)'\r' => State.SizeEnd,
            (byte)';' or (byte)' ' or (byte)'\t' => State.Extension,
            _ => throw Broken(),
        };
    }

    private int SkipExtension(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOfAny((byte)'\r', (byte)'\n');
        var count = end < 0 ? input.Length : end;
        _overhead += count;
        Require(_overhead <= MaxOverhead && !input[..count].Contains((byte)0));
        if (end < 0)
            return count;
        Require(input[end] == '\r');
        _state = State.SizeEnd;
        return count + 1;
    }

    private int ReadTrailers(ReadOnlySpan<byte> input)
    {
        var feed = input.IndexOf((byte)'\n');
        var count = feed < 0 ? input.Length : feed + 1;
        _overhead += count;
        Require(_overhead <= MaxOverhead);
        ReadOnlySpan<byte> line = input[..count];
        if (feed < 0 || _lineLength > 0)
        {
            if (_line.Length < _lineLength + count)
                Array.Resize(ref _line, Math.Max(256, _lineLength + count));
            line.CopyTo(_line.AsSpan(_lineLength));
            _lineLength += count;
            line = _line.AsSpan(0, _lineLength);
            if (feed < 0)
                return count;
        }

        _lineLength = 0;
        var rest = line;
        ResponseHead.TryTakeLine(ref rest, out var field);
        if (field.IsEmpty)
        {
            _state = State.Done;
            return count;
        }

        var colon = ResponseHead.SplitField(field, out var value);
        _trailers.Add(new(Encoding.Latin1.GetString(field[..colon]), Encoding.Latin1.GetString(value)));
        return count;
    }

    private static int HexValue(byte b) => b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10;

    private static void Require(bool holds)
    {
        if (!holds)
            throw Broken();
    }

    private static BadResponseException Broken() => new("its chunked coding is broken");
}
