using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>A terminal of Linux whose user is a stream: pty(7). The program opens <see cref="Name"/>.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoControl = 0x100;
    private const int CloseOnExec = 0x80000;
    private const nuint SetSize = 0x5414; // TIOCSWINSZ
    private const byte EndOfInput = 4; // Ctrl-D

    private readonly SafeFileHandle _handle;

    private PseudoTerminal(SafeFileHandle handle, string name)
    {
        _handle = handle;
        Name = name;
        Output = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        Input = new FileStream(new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: false), FileAccess.Write, bufferSize: 0);
    }

    /// <summary>The file that the program opens.</summary>
    public string Name { get; }

    /// <summary>What the program writes. Reading fails with an IOException once nobody has the terminal open.</summary>
    public Stream Output { get; }

    /// <summary>What the user types.</summary>
    public Stream Input { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="ExecutorException">The machine has no more.</exception>
    public static PseudoTerminal Open(TerminalSize size)
    {
        var number = posix_openpt(ReadWrite | NoControl | CloseOnExec);
        if (number < 0)
            throw new ExecutorException("The runner's machine has no more terminals.");
        var handle = new SafeFileHandle(number, ownsHandle: true);
        var name = stackalloc byte[128];
        if (grantpt(number) != 0 || unlockpt(number) != 0 || ptsname_r(number, name, 128) != 0)
        {
            handle.Dispose();
            throw new ExecutorException("A terminal could not be opened on the runner's machine.");
        }

        var terminal = new PseudoTerminal(handle, Marshal.PtrToStringUTF8((nint)name)!);
        terminal.Resize(size);
        return terminal;
    }

    /// <summary>Tells the program that the user's window has another size.</summary>
    public void Resize(TerminalSize size)
    {
        var words = stackalloc ushort[4];
        (words[0], words[1]) = ((ushort)Math.Clamp(size.Rows, 1, 1000), (ushort)Math.Clamp(size.Columns, 1, 1000));
        _ = ioctl((int)_handle.DangerousGetHandle(), SetSize, words);
    }

    /// <summary>Tells the program that the user types nothing more.</summary>
    public void SendEnd()
    {
        try
        {
            Input.WriteByte(EndOfInput);
        }
        catch (IOException)
        {
            // Nobody has it open.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
        _handle.Dispose();
    }

#pragma warning disable IDE1006 // Names of the C library.
    [LibraryImport("libc")]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc")]
    private static partial int grantpt(int terminal);

    [LibraryImport("libc")]
    private static partial int unlockpt(int terminal);

    [LibraryImport("libc")]
    private static partial int ptsname_r(int terminal, byte* name, nint length);

    [LibraryImport("libc")]
    private static partial int ioctl(int file, nuint request, ushort* size);
#pragma warning restore IDE1006
}
