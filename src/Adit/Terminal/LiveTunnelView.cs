using System.Globalization;
using System.Text;
using Adit.Api;
using Adit.Runner.Tunnels;

namespace Adit.Terminal;

/// <summary>
/// For people: what happens scrolls by as ordinary lines, which stay in the terminal's history and can be copied; below them a few lines
/// are kept current: each address alone on its line, and the state of link and traffic. Only what changed is written, in one piece, so that
/// nothing flickers.
/// </summary>
internal sealed class LiveTunnelView : TunnelView
{
    private const int AddressesShown = 6;
    private const int PendingLines = 200;
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly TextWriter _out;
    private readonly Func<int> _width;
    private readonly bool _color;
    private readonly TimeProvider _time;
    private readonly TrafficRate _rate;
    private readonly ITimer _timer;
    private readonly Queue<(string Line, bool IsWhole)> _pending = new();
    private readonly SortedDictionary<string, (string Address, string Target)> _tunnels = new(StringComparer.Ordinal);
    private string _link = "connecting";
    private bool _isUp;
    private long _retryAt;
    private TimeSpan _retryIn;
    private long _dropped;
    private string[] _drawn = [];
    private int _drawnRows;
    private int _drawnWidth;
    private bool _disposed;

    public LiveTunnelView(TextWriter output, Func<int> width, bool color, TimeProvider time)
    {
        _out = output;
        _width = width;
        _color = color;
        _time = time;
        _rate = new TrafficRate(time);
        _timer = time.CreateTimer(static v => ((LiveTunnelView)v!).Draw(), this, RedrawEvery, RedrawEvery);
    }

    public override bool CapturesPrograms => true;

    public override bool WantsRequests => true;

    public override void Show(TunnelReport report)
    {
        lock (_lock)
            Take(report);
    }

    public override void Note(string text)
    {
        lock (_lock)
            SayWhole(text);
    }

    public override void Dispose()
    {
        _timer.Dispose();
        Draw();
        lock (_lock)
        {
            _disposed = true;
            if (_drawn.Length > 0)
                _out.Write("\n");
            _out.Flush();
        }

        base.Dispose();
    }

    private void Take(TunnelReport report)
    {
        switch (report)
        {
            case LinkUp up:
                _isUp = true;
                _link = $"online at {up.Hub.Authority}";
                break;
            case LinkDown down:
                _isUp = false;
                _link = down.Reason;
                _retryAt = _time.GetTimestamp();
                _retryIn = down.RetryIn;
                break;
            case TunnelUp up:
                _tunnels[up.Tunnel.Name] = (up.Tunnel.Url ?? $"adit connect {up.Tunnel.Name} --local PORT", up.Target);
                if (up.Again)
                    Say(Paint($"{up.Tunnel.Name} is up again", Dim));
                break;
            case TunnelEnded ended:
                _tunnels.Remove(ended.Name);
                SayWhole(Paint(ended.Reason, Red));
                break;
            case TunnelDelayed delayed:
                SayWhole(Paint($"{delayed.Name}: {delayed.Reason}", Red));
                break;
            case HubDraining draining:
                SayWhole(Paint($"the hub is about to restart: {draining.Reason}", Dim));
                break;
            case TargetFailed failed:
                SayWhole(Paint(failed.Reason, Red));
                break;
            case ProgramLine line:
                Say(Paint("| ", Dim) + RequestLine.Safe(line.Line));
                break;
            case RequestPassed passed:
                _rate.Add(passed.Request);
                Say(Line(passed.Request));
                break;
        }
    }

    // What somebody has to read to its end, or to copy: it takes as many rows as it needs.
    private void SayWhole(string line) => Say(line, isWhole: true);

    // A busy tunnel must not make its client spend its time on drawing: what comes faster than it can be read is counted instead.
    private void Say(string line, bool isWhole = false)
    {
        if (_pending.Count < PendingLines)
            _pending.Enqueue((line, isWhole));
        else
            _dropped++;
    }

    private void Draw()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            var width = Math.Max(_width(), 20);
            var lines = Block(width);
            if (_pending.Count == 0 && _dropped == 0 && width == _drawnWidth && lines.AsSpan().SequenceEqual(_drawn))
                return;
            var text = new StringBuilder();
            Erase(text, width);
            while (_pending.TryDequeue(out var next))
                text.Append(next.IsWhole ? next.Line : AnsiText.Cut(next.Line, width)).Append(AnsiText.Reset(_color)).Append('\n');
            if (_dropped > 0)
                text.Append(Paint(string.Create(CultureInfo.InvariantCulture, $"… and {_dropped:N0} more"), Dim)).Append('\n');
            _dropped = 0;
            text.AppendJoin('\n', lines);
            _drawn = lines;
            _drawnWidth = width;
            _drawnRows = lines.Sum(l => Math.Max(1, (AnsiText.Length(l) + width - 1) / width));
            _out.Write(text.ToString());
            _out.Flush();
        }
    }

    // Back to the first row of the block. Addresses are not cut, so a line may take several rows; after a change of width the terminal has
    // wrapped them anew.
    private void Erase(StringBuilder text, int width)
    {
        if (_drawn.Length == 0)
            return;
        var rows = width == _drawnWidth ? _drawnRows : _drawn.Sum(l => Math.Max(1, (AnsiText.Length(l) + width - 1) / width));
        text.Append('\r');
        if (rows > 1)
            text.Append(CultureInfo.InvariantCulture, $"\x1b[{rows - 1}A");
        text.Append("\x1b[J");
    }

    private string[] Block(int width)
    {
        List<string> lines = [""];
        foreach (var (address, target) in _tunnels.Values.Take(AddressesShown))
        {
            // The address is alone on its line, whole, so that a double or triple click takes it.
            lines.Add(Paint(address, Bold));
            lines.Add(AnsiText.Cut(Paint("  to " + target, Dim), width) + AnsiText.Reset(_color));
        }

        if (_tunnels.Count > AddressesShown)
            lines.Add(Paint(string.Create(CultureInfo.InvariantCulture, $"  and {_tunnels.Count - AddressesShown} more; see 'adit tunnel ls'"), Dim));
        lines.Add(AnsiText.Cut(State(), width) + AnsiText.Reset(_color));
        return [.. lines];
    }

    private string State()
    {
        var dot = Paint("●", _isUp ? Green : Red);
        if (!_isUp)
        {
            var left = _retryIn - _time.GetElapsedTime(_retryAt);
            return $"{dot} {_link}{(left > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"; again in {Math.Ceiling(left.TotalSeconds):0} s") : "")}";
        }

        var parts = new List<string> { $"{dot} {_link}" };
        if (_rate.Requests > 0)
        {
            parts.Add($"{Words.Count(_rate.Requests)} requests");
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{_rate.PerSecond:0.0}/s"));
            parts.Add($"{Words.Bytes(_rate.BytesPerSecond)}/s");
            parts.Add($"median {Words.Duration(_rate.Median ?? 0)}");
            if (_rate.Failures > 0)
                parts.Add(Paint($"{Words.Count(_rate.Failures)} failed", Red));
        }

        parts.Add(Paint("Ctrl-C ends", Dim));
        return string.Join(" · ", parts);
    }

    private string Line(RequestSummary r)
    {
        var status = RequestLine.Status(r);
        var painted = Paint(status, r.Status is 0 or >= 500 ? Red : r.Status >= 400 ? Yellow : Green);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Paint(r.At.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture), Dim)} {painted} "
                + $"{RequestLine.Safe(r.Method),-5} {Words.Duration(r.Milliseconds),8} {Words.Bytes(r.BytesOut),8}  "
                + $"{RequestLine.Safe(r.Target)}{(r.Error is null ? "" : Paint("  " + RequestLine.Safe(r.Error), Red))}");
    }

    private const string Bold = "1";
    private const string Dim = "2";
    private const string Red = "31";
    private const string Green = "32";
    private const string Yellow = "33";

    private string Paint(string text, string style) => _color ? $"\x1b[{style}m{text}\x1b[0m" : text;
}
