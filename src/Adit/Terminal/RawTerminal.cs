using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Adit.Runner.Exec;
using Microsoft.Win32.SafeHandles;

namespace Adit.Terminal;

/// <summary>
/// The terminal that this process has, passed through to a program elsewhere: each key as it comes, nothing echoed, Ctrl-C a key like others. It is as
/// it was before when this is disposed, when the process ends in order, and when a signal ends it that a program can see: termios(3).
/// </summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed unsafe partial class RawTerminal : IDisposable
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int AfterOutput = 1; // TCSADRAIN
    private const int LargestTermios = 256; // 60 bytes on Linux, 72 on macOS. What is in it is the C library's business.
    private static readonly nuint GetSize = OperatingSystem.IsMacOS() ? 0x40087468u : 0x5413u; // TIOCGWINSZ

    private readonly byte[] _before;
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Channel<ExecSize> _sizes = Channel.CreateBounded<ExecSize>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private int _isOver;

    private RawTerminal(byte[] before)
    {
        _before = before;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
            _signals.Add(PosixSignalRegistration.Create(signal, _ => Restore())); // And what the signal does otherwise.
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _sizes.Writer.TryWrite(Size)));
    }

    /// <summary>Whether a person sits at both ends of this process.</summary>
    public static bool IsThere => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Its size now; 80 × 24 where nobody knows.</summary>
    public static ExecSize Size
    {
        get
        {
            var words = stackalloc ushort[4]; // Rows, columns, and pixels.
            // What varies in number goes on the stack on Apple's processors: the first eight are in registers.
            var failed = OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64
                ? ioctl_on_stack(StandardOutput, GetSize, 0, 0, 0, 0, 0, 0, words)
                : ioctl(StandardOutput, GetSize, words);
            return failed != 0 || words[0] == 0 || words[1] == 0 ? new ExecSize(80, 24) : new ExecSize(words[1], words[0]);
        }
    }

    /// <summary>Further sizes, as the window changes.</summary>
    public ChannelReader<ExecSize> Sizes => _sizes.Reader;

    /// <summary>Passes it through from now on; null where there is none.</summary>
    public static RawTerminal? Open()
    {
        var before = new byte[LargestTermios];
        fixed (byte* b = before)
        {
            if (tcgetattr(StandardInput, b) != 0)
                return null;
        }

        var terminal = new RawTerminal(before);
        var raw = before.ToArray();
        fixed (byte* r = raw)
        {
            cfmakeraw(r);
            _ = tcsetattr(StandardInput, AfterOutput, r);
        }

        return terminal;
    }

    /// <summary>What is typed. .NET's own stream of a terminal would read whole lines.</summary>
    public static Stream OpenInput() => new FileStream(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);

    public void Dispose()
    {
        Restore();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        _signals.ForEach(static s => s.Dispose());
        _sizes.Writer.TryComplete();
    }

    private void OnExit(object? sender, EventArgs e) => Restore();

    private void Restore()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;
        fixed (byte* b = _before)
            _ = tcsetattr(StandardInput, AfterOutput, b);
    }

#pragma warning disable IDE1006, SA1300 // Names of the C library.
    [LibraryImport("libc")]
    private static partial int tcgetattr(int file, byte* termios);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int file, int when, byte* termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* termios);

    [LibraryImport("libc")]
    private static partial int ioctl(int file, nuint request, ushort* size);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int ioctl_on_stack(int file, nuint request, nint third, nint fourth, nint fifth, nint sixth, nint seventh, nint eighth, ushort* size);
#pragma warning restore IDE1006, SA1300
}
