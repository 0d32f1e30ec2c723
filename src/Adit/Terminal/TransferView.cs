using System.Globalization;
using Adit.Runner.Volumes;

namespace Adit.Terminal;

/// <summary>How far a push or a pull is, on one line of standard error that is kept current and goes away at the end. Nothing when nobody looks.</summary>
internal sealed class TransferView : IDisposable
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly TransferProgress _progress;
    private readonly TextWriter _output;
    private readonly Func<int> _width;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _began;
    private bool _isDrawn;
    private bool _isDisposed;

    public TransferView(TransferProgress progress, TextWriter output, Func<int> width, TimeProvider time)
    {
        _progress = progress;
        _output = output;
        _width = width;
        _time = time;
        _began = time.GetTimestamp();
        _timer = time.CreateTimer(static v => ((TransferView)v!).Draw(), this, RedrawEvery, RedrawEvery);
    }

    /// <summary>Begins to show it, when somebody looks at standard error; null otherwise.</summary>
    public static TransferView? Start(TransferProgress progress, bool isQuiet, TimeProvider time) =>
        isQuiet || !Screen.IsErrorInteractive ? null : new TransferView(progress, Screen.Err, static () => Screen.Width, time);

    /// <summary><c>1,204 of 9,000 files, 1.2 GB of 8.0 GB, 96 MB/s, 70 s to go</c>.</summary>
    public static string Line(TransferProgress progress, TimeSpan elapsed)
    {
        var rate = progress.Bytes / Math.Max(elapsed.TotalSeconds, 0.25);
        if (progress is not { AllFiles: { } files, AllBytes: { } bytes })
            return $"{Words.Count(progress.Files)} files, {Words.Bytes(progress.Bytes)} read, {Words.Bytes(progress.SentBytes)} sent, {Words.Bytes(rate)}/s";
        var left = rate > 0 && bytes > progress.Bytes
            ? string.Create(CultureInfo.InvariantCulture, $", {Words.Duration(1000 * (bytes - progress.Bytes) / rate)} to go")
            : "";
        return $"{Words.Count(progress.Files)} of {Words.Count(files)} files, {Words.Bytes(progress.Bytes)} of {Words.Bytes(bytes)}, {Words.Bytes(rate)}/s{left}";
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            _isDisposed = true;
            if (!_isDrawn)
                return;
            _output.Write("\r\e[K");
            _output.Flush();
        }
    }

    private void Draw()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDrawn = true;
            _output.Write("\r\e[K" + AnsiText.Cut(Line(_progress, _time.GetElapsedTime(_began)), Math.Max(_width() - 1, 20)));
            _output.Flush();
        }
    }
}
