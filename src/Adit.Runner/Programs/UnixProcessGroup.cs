using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Adit.Runner.Programs;

/// <summary>
/// A POSIX session: <c>setsid</c> makes the shell its leader, so that the process id is the group's too. Where there is no setsid
/// (macOS), the group is ours and the tree of children is walked instead.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class UnixProcessGroup : IProcessGroup
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private static readonly string? SetSid = new[] { "/usr/bin/setsid", "/bin/setsid" }.FirstOrDefault(File.Exists);

    public ProcessStartInfo Prepare(string command)
    {
        var start = new ProcessStartInfo(SetSid ?? "/bin/sh");
        if (SetSid is not null)
            start.ArgumentList.Add("/bin/sh");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        return start;
    }

    public void Terminate(Process first)
    {
        if (SetSid is not null)
            _ = Signal(-first.Id, SigTerm);
        else
            _ = Signal(first.Id, SigTerm);
    }

    public void Kill(Process first)
    {
        // The number stays the group's as long as one of the group lives, so it cannot have become somebody else's.
        if (SetSid is not null)
        {
            _ = Signal(-first.Id, SigKill);
            return;
        }

        try
        {
            first.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It has ended already.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
