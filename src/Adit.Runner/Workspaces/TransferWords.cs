using System.Globalization;
using Adit.Api;
using Adit.Runner.Volumes;

namespace Adit.Runner.Workspaces;

/// <summary>How far a transfer is, for people, a few times a second while it is under way.</summary>
internal sealed class TransferWords : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly TransferProgress _now;
    private readonly string _what;
    private readonly IProgress<string> _to;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly ITimer _timer;

    public TransferWords(TransferProgress now, string what, IProgress<string> to, TimeProvider time)
    {
        (_now, _what, _to, _time) = (now, what, to, time);
        _began = time.GetTimestamp();
        to.Report(what);
        _timer = time.CreateTimer(_ => _to.Report(Text()), null, Every, Every);
    }

    public void Dispose() => _timer.Dispose();

    private string Text()
    {
        var rate = _now.Bytes / Math.Max(_time.GetElapsedTime(_began).TotalSeconds, 0.25);
        if (_now is not { AllBytes: { } all })
            return $"{_what}: {ByteSize.Of(_now.Bytes)} read, {ByteSize.Of(_now.SentBytes)} sent, {ByteSize.Of((long)rate)}/s";
        var left = rate > 0 && all > _now.Bytes ? $", {Left((all - _now.Bytes) / rate)} to go" : "";
        return $"{_what}: {ByteSize.Of(Math.Min(_now.Bytes, all))} of {ByteSize.Of(all)}, {ByteSize.Of((long)rate)}/s{left}";
    }

    private static string Left(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds < 90 ? $"{Math.Ceiling(seconds):0} s" : $"{Math.Ceiling(seconds / 60):0} min")}");
}
